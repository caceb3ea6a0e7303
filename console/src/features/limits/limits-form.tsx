import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type UseFormReturn, useForm, useWatch } from 'react-hook-form'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { useApi } from '../../api/api-context.ts'
import { type Tenant, useChangeTenant } from '../../panels/tenant.queries.ts'
import { Meter } from '../../ui/meter.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'
import { Section } from '../../ui/section.tsx'
import { When } from '../../ui/time.tsx'
import { LimitField } from './limit-field.tsx'
import {
  checkAmount,
  checkWarning,
  formatAmount,
  type LimitKind,
  type LimitScope,
  type LimitTexts,
  type LimitWords,
  limits,
  readTexts,
  valuesOf,
  writeTexts,
} from './limit-words.ts'
import { getLimitsQueryOptions, type LimitFacts } from './limits.queries.ts'

const scopes: readonly { scope: LimitScope; title: string; lead: string }[] = [
  { scope: 'tenant', title: 'Everybody together', lead: 'What all users, API keys and tests use in all.' },
  { scope: 'user', title: 'Each user', lead: 'So that one of them cannot use up what is there for all.' },
]

/** Limits in force, as fields for superusers and as text for owners, with what is used beside them. */
export function LimitsForm(props: { tenant: Tenant; facts: LimitFacts; mayEdit: boolean }): ReactNode {
  const { tenant, facts, mayEdit } = props
  const api = useApi()
  const queryClient = useQueryClient()
  const change = useChangeTenant(tenant.id)
  const [saved, setSaved] = useState(false)
  const form = useForm<LimitTexts>({ mode: 'onTouched', defaultValues: writeTexts(tenant.limits) })
  const { isDirty } = form.formState
  const problem = change.error ? toProblem(change.error) : undefined
  const submit = form.handleSubmit(async (texts) => {
    setSaved(false)
    try {
      const changed = await change.mutateAsync({ limits: readTexts(texts) })
      form.reset(writeTexts(changed.limits))
      setSaved(true)
      await queryClient.invalidateQueries({ queryKey: getLimitsQueryOptions(api, tenant.id).queryKey })
    } catch (thrown) {
      for (const { path, message } of toProblem(thrown).refusedFields) {
        const [, ...names] = path.split('.')
        if (names.at(-1) === 'cost_per_month_micro_usd') {
          form.setError('tenant.hard.cost_per_month_micro_usd', { message }, { shouldFocus: true })
        }
      }
    }
  })
  return (
    <form noValidate onSubmit={(event) => void submit(event)} aria-label="Limits">
      {scopes.map(({ scope, title, lead }) => (
        <Section key={scope} title={title} aside={<span className="text-ink-3">{lead}</span>}>
          <ul className="flex flex-col">
            {limits.map((words) => (
              <LimitRow key={words.name} words={words} scope={scope} facts={facts} form={mayEdit ? form : undefined} />
            ))}
          </ul>
        </Section>
      ))}
      {mayEdit && (
        <div className="border-b border-line px-6 py-[14px] phone:px-4">
          <ProblemNotice
            words={problem && describeProblem({ problem, attempt: 'other' })}
            className="mb-3 max-w-[560px]"
          />
          <SaveRow verb="Save limits" dirty={isDirty} busy={change.isPending} saved={saved && !isDirty} />
        </div>
      )}
    </form>
  )
}

function LimitRow(props: {
  words: LimitWords
  scope: LimitScope
  facts: LimitFacts
  /** Undefined where it is only shown. */
  form: UseFormReturn<LimitTexts> | undefined
}): ReactNode {
  const { words, scope, facts, form } = props
  return (
    <li className="grid items-start gap-x-6 gap-y-3 border-t border-line py-3 first:border-t-0 first:pt-0 desk:grid-cols-[minmax(0,1fr)_120px_120px] phone:grid-cols-2">
      <div className="min-w-0 phone:col-span-2">
        <p className="font-medium text-ink">{words.title}</p>
        <p className="text-meta text-ink-3">{words.explanation}</p>
        {scope === 'tenant' && <Standing words={words} facts={facts} />}
      </div>
      {form ? (
        <LimitFields words={words} scope={scope} facts={facts} form={form} />
      ) : (
        <dl className="contents">
          <ShownAmount words={words} title="Warn at" amount={valuesOf(facts.in_force, scope, 'soft')[words.name]} />
          <ShownAmount words={words} title="Refuse at" amount={valuesOf(facts.in_force, scope, 'hard')[words.name]} />
        </dl>
      )}
    </li>
  )
}

function LimitFields(props: {
  words: LimitWords
  scope: LimitScope
  facts: LimitFacts
  form: UseFormReturn<LimitTexts>
}): ReactNode {
  const { words, scope, facts, form } = props
  const { name } = words
  const who = scope === 'tenant' ? 'everybody together' : 'each user'
  const hard = useWatch({ control: form.control, name: `${scope}.hard.${name}` })
  const inherited = (kind: LimitKind): number | null => valuesOf(facts.defaults, scope, kind)[name]
  const errorOf = (kind: LimitKind): string | undefined => form.formState.errors[scope]?.[kind]?.[name]?.message
  const placeholder = (kind: LimitKind): string => {
    const amount = inherited(kind)
    return amount === null ? 'None' : formatAmount(name, amount)
  }
  const hint = (kind: LimitKind): string | undefined => {
    const amount = inherited(kind)
    return amount === null ? undefined : `Default ${formatAmount(name, amount)}`
  }
  return (
    <>
      <LimitField
        label="Warn at"
        description={`${words.title}, ${who}`}
        money={name === 'cost_per_month_micro_usd'}
        placeholder={placeholder('soft')}
        hint={hint('soft')}
        error={errorOf('soft')}
        {...form.register(`${scope}.soft.${name}`, {
          validate: {
            amount: checkAmount(name),
            order: (soft) => checkWarning(name, { soft, hard, inherited: inherited('hard') }),
          },
        })}
      />
      <LimitField
        label="Refuse at"
        description={`${words.title}, ${who}`}
        money={name === 'cost_per_month_micro_usd'}
        placeholder={placeholder('hard')}
        hint={hint('hard')}
        error={errorOf('hard')}
        {...form.register(`${scope}.hard.${name}`, {
          validate: checkAmount(name),
          deps: `${scope}.soft.${name}`,
        })}
      />
    </>
  )
}

function ShownAmount(props: { words: LimitWords; title: string; amount: number | null }): ReactNode {
  const { words, title, amount } = props
  return (
    <div className="flex flex-col gap-[2px]">
      <dt className="text-meta text-ink-3">{title}</dt>
      <dd className="text-ink tabular-nums">{amount === null ? 'Never' : formatAmount(words.name, amount)}</dd>
    </div>
  )
}

/** What is used now, against the limit in force. */
function Standing(props: { words: LimitWords; facts: LimitFacts }): ReactNode {
  const { words, facts } = props
  const standing = facts.standings.find(({ name }) => name === words.name)
  const limit = facts.in_force[words.name]
  if (!standing || standing.spent === null) return null
  const used = formatAmount(words.name, standing.spent)
  const share = limit === null ? undefined : limit === 0 ? 1 : standing.spent / limit
  const isRefused = limit !== null && standing.spent >= limit
  return (
    <div className="mt-2 max-w-[360px]">
      {limit !== null && (
        <Meter
          label={`${words.title}, ${used} of ${formatAmount(words.name, limit)}`}
          share={share}
          refused={isRefused}
        />
      )}
      <p className="mt-1 text-meta text-ink-2 tabular-nums">
        {used}
        {limit !== null && ` of ${formatAmount(words.name, limit)}`} used
        {standing.held > 0 && `, ${formatAmount(words.name, standing.held)} of it set aside for answers under way`}
        {isRefused && standing.resets_at !== null && (
          <>
            , free again <When time={standing.resets_at} />
          </>
        )}
      </p>
    </div>
  )
}
