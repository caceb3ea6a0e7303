import type { ReactNode } from 'react'
import { type UseFormReturn, useWatch } from 'react-hook-form'
import { LeaveGuard } from '../../panels/leave-guard.tsx'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { SaveRow } from '../../ui/save-row.tsx'
import { Section } from '../../ui/section.tsx'
import { LimitField } from './limit-field.tsx'
import { LimitStanding } from './limit-standing.tsx'
import {
  checkAmount,
  checkWarning,
  formatAmount,
  type LimitKind,
  type LimitScope,
  type LimitTexts,
  type LimitWords,
  limits,
  valuesOf,
} from './limit-words.ts'
import type { LimitFacts } from './limits.queries.ts'
import type { EditedLimits } from './use-limits-form.ts'
import type { LimitName } from '../../panels/limit-names.ts'

const scopes: readonly { scope: LimitScope; title: string; lead: string }[] = [
  { scope: 'tenant', title: 'Everybody together', lead: 'What all users, API keys and tests use in all.' },
  { scope: 'user', title: 'Each user', lead: 'So that one of them cannot use up what is there for all.' },
]

/** Limits in force, as fields for superusers and as text for owners, with what is used beside them. */
export function LimitsForm(props: {
  facts: LimitFacts
  /** Undefined for those who may only look. */
  edited: EditedLimits | undefined
}): ReactNode {
  const { facts, edited } = props
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        edited?.save()
      }}
      aria-label="Limits"
    >
      {scopes.map(({ scope, title, lead }) => (
        <Section
          key={scope}
          title={title}
          aside={<span className="text-ink-3">{lead}</span>}
          actions={<ColumnHeads />}
          className="last:border-b!"
        >
          <ul className="flex flex-col">
            {limits.map((words) => (
              <LimitRow key={words.name} words={words} scope={scope} facts={facts} form={edited?.form} />
            ))}
          </ul>
        </Section>
      ))}
      {edited && <SaveLimits edited={edited} />}
    </form>
  )
}

/** Stays in sight while limits are edited far above it. */
function SaveLimits({ edited }: { edited: EditedLimits }): ReactNode {
  const { isDirty } = edited.form.formState
  return (
    <div className="sticky bottom-0 z-10 -mt-px border-y border-line bg-sheet px-6 py-3 phone:px-4">
      <ProblemNotice words={edited.problem} className="mb-3 max-w-[560px]" />
      <SaveRow verb="Save limits" dirty={isDirty} busy={edited.saving} saved={edited.saved}>
        {isDirty && (
          <Button kind="ghost" onClick={edited.discard}>
            Discard changes
          </Button>
        )}
      </SaveRow>
      <LeaveGuard dirty={isDirty} title="Leave without saving limits?" />
    </div>
  )
}

function ColumnHeads(): ReactNode {
  return (
    <span aria-hidden="true" className="flex gap-6 text-meta font-medium text-ink-3 phone:hidden">
      <span className="w-[120px]">Warn at</span>
      <span className="w-[120px]">Refuse at</span>
    </span>
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
        {scope === 'tenant' && <LimitStanding words={words} facts={facts} />}
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
  const hard = useWatch({ control: form.control, name: `${scope}.hard.${name}` })
  const inherited = (kind: LimitKind): number | null => valuesOf(facts.defaults, scope, kind)[name]
  const common = (kind: LimitKind) => ({
    description: `${words.title}, ${scope === 'tenant' ? 'everybody together' : 'each user'}${isMoney(name) ? ', in US dollars' : ''}`,
    money: isMoney(name),
    ...describeDefault(name, inherited(kind)),
    error: form.formState.errors[scope]?.[kind]?.[name]?.message,
  })
  return (
    <>
      <LimitField
        label="Warn at"
        {...common('soft')}
        {...form.register(`${scope}.soft.${name}`, {
          validate: {
            amount: checkAmount(name),
            order: (soft) => checkWarning(name, { soft, hard, inherited: inherited('hard') }),
          },
        })}
      />
      <LimitField
        label="Refuse at"
        {...common('hard')}
        {...form.register(`${scope}.hard.${name}`, {
          validate: checkAmount(name),
          deps: `${scope}.soft.${name}`,
        })}
      />
    </>
  )
}

/** What holds while a field is empty. */
function describeDefault(name: LimitName, amount: number | null): { placeholder: string; hint?: string } {
  if (amount === null) return { placeholder: isMoney(name) ? 'none' : 'None' }
  const shown = formatAmount(name, amount)
  return { placeholder: shown.replace('$', ''), hint: `Default ${shown}` }
}

function isMoney(name: LimitName): boolean {
  return name === 'cost_per_month_micro_usd'
}

function ShownAmount(props: { words: LimitWords; title: string; amount: number | null }): ReactNode {
  const { words, title, amount } = props
  return (
    <div className="flex flex-col gap-[2px]">
      <dt className="text-meta text-ink-3 desk:sr-only">{title}</dt>
      <dd className={amount === null ? 'text-ink-3' : 'text-ink tabular-nums'}>
        {amount === null ? 'Never' : formatAmount(words.name, amount)}
      </dd>
    </div>
  )
}
