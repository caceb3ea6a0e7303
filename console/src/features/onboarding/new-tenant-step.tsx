import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import { toProblem } from '../../api/problem.ts'
import { formatAge } from '../../lib/format.ts'
import { keepNewTenant } from '../../lib/onboarding-drafts.ts'
import { checkTenantName } from '../../lib/rules.ts'
import { checkTenantId, deriveTenantId } from '../../lib/tenant-id.ts'
import { useOnboardingDrafts } from '../../lib/use-onboarding-drafts.ts'
import { useNow } from '../../lib/use-now.ts'
import { useSettled } from '../../lib/use-settled.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { IdCheck } from './id-check.tsx'
import { IsolationChoice } from './isolation-choice.tsx'
import { getIdFreeQueryOptions } from './onboarding.queries.ts'
import type { OnboardingViewer } from './onboarding-flow.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'
import { describeFirstSteps } from './onboarding-steps.ts'
import { describeRefusal, describeTaken, findOwnRefusals } from './new-tenant-words.ts'
import { type NewTenantFields, useCreateTenant } from './use-create-tenant.ts'

/** The first step of a tenant that does not exist yet: its name and its id. What is typed is kept as a draft. */
export function NewTenantStep(props: { userId: string; viewer: OnboardingViewer }): ReactNode {
  const { viewer } = props
  const { noun, isSuperuser } = viewer
  const api = useApi()
  const formId = useId()
  const kept = useOnboardingDrafts(props.userId)
  const { drafts, change, isKept } = kept
  const [draft, setDraft] = useState(drafts.fresh)
  const [hasOwnId, setHasOwnId] = useState(draft?.hasOwnId ?? false)
  const form = useForm<NewTenantFields>({
    mode: 'onTouched',
    defaultValues: {
      name: draft?.name ?? '',
      id: draft?.id ?? '',
      isolation: draft?.isolation ?? 'pooled',
      server: draft?.server ?? '',
    },
  })
  const create = useCreateTenant({ isSuperuser, drafts: kept })
  const { errors } = form.formState
  const [name, id, isolation, server] = useWatch({
    control: form.control,
    name: ['name', 'id', 'isolation', 'server'],
  })
  const problem = create.error ? toProblem(create.error) : undefined
  const settledId = useSettled(id)
  const asked = isSuperuser && checkTenantId(settledId) === undefined ? settledId : ''
  const found = useQuery(getIdFreeQueryOptions(api, asked))
  // Owners learn of an id that others have when theirs is created: who else is here is not theirs to ask.
  const takenId = problem?.code === 'tenant.id_taken' ? create.variables?.id : undefined
  const freedom = isSuperuser ? found : ({ data: takenId === settledId ? 'taken' : 'later', isError: false } as const)
  const isTaken = settledId === id && freedom.data === 'taken'
  useEffect(() => form.setFocus('name'), [form])

  const submit = form.handleSubmit((fields) =>
    create.mutate(fields, {
      onError: (thrown) => {
        for (const { name, message } of findOwnRefusals({ problem: toProblem(thrown), noun })) {
          form.setError(name, { message }, { shouldFocus: true })
        }
      },
    }),
  )

  const keep = (changes: { hasOwnId?: boolean } = {}): void => {
    const savedAt = new Date().toISOString()
    change((all) => keepNewTenant(all, { hasOwnId, ...changes, ...form.getValues(), savedAt }))
  }
  const chooseId = (next: string): void => {
    form.setValue('id', next, { shouldValidate: true, shouldTouch: true })
    setHasOwnId(true)
    keep({ hasOwnId: true })
    form.setFocus('id')
  }
  const startOver = (): void => {
    setDraft(undefined)
    setHasOwnId(false)
    form.reset({ name: '', id: '', isolation: 'pooled', server: '' })
    create.reset()
    keep({ hasOwnId: false })
    form.setFocus('name')
  }
  return (
    <OnboardingFrame
      flow={{
        viewer,
        tenant: undefined,
        steps: describeFirstSteps(),
        step: 'name',
        isNew: true,
        isFirstShown: true,
        saved: { at: drafts.fresh?.savedAt, isDraft: true, isKept },
        onBack: undefined,
      }}
      title="Name and id"
      lead={
        isSuperuser
          ? 'A tenant is one customer’s own assistant: its prompt, knowledge, users, keys and usage.'
          : 'An organization is an assistant of your own: its prompt, knowledge, users, keys and usage, in its own database.'
      }
      foot={{ verb: 'Create and continue', form: formId, busy: create.isPending }}
      testLabel="Id check"
      test={
        <IdCheck
          id={id}
          name={name}
          freedom={settledId === id ? freedom : { data: undefined, isError: false }}
          onChoose={chooseId}
        />
      }
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => void submit(event)}
        className="flex max-w-[520px] flex-col gap-3"
      >
        <ProblemNotice
          words={
            problem && findOwnRefusals({ problem, noun }).length === 0 ? describeRefusal({ problem, noun }) : undefined
          }
          waiting={problem?.status === 429}
        />
        {draft && <FoundDraft savedAt={draft.savedAt} onStartOver={startOver} />}
        <TextField
          label="Name"
          autoComplete="off"
          hint="How it is called in this console. It can be changed later."
          error={errors.name?.message}
          {...form.register('name', {
            validate: checkTenantName,
            onChange: (event: { target: { value: string } }) => {
              // Follows the name until somebody writes an id of their own.
              if (!hasOwnId) {
                form.setValue('id', deriveTenantId(event.target.value), {
                  shouldValidate: form.formState.isSubmitted || errors.id !== undefined,
                })
              }
              keep()
            },
          })}
        />
        <TextField
          label="Id"
          mono
          hint="Names it in addresses and in the API. It cannot be changed later."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={errors.id?.message ?? (isTaken ? describeTaken(noun) : undefined)}
          {...form.register('id', {
            validate: (value) => checkTenantId(value) ?? true,
            onChange: (event: { target: { value: string } }) => {
              const isOwn = event.target.value !== ''
              setHasOwnId(isOwn)
              keep({ hasOwnId: isOwn })
            },
          })}
        />
        {isSuperuser && (
          <IsolationChoice
            value={isolation}
            server={server}
            onChoose={(chosen) => {
              form.setValue('isolation', chosen.isolation)
              form.setValue('server', chosen.server)
              create.reset()
              keep()
            }}
          />
        )}
      </form>
    </OnboardingFrame>
  )
}

function FoundDraft(props: { savedAt: string; onStartOver: () => void }): ReactNode {
  const now = useNow()
  return (
    <p className="flex flex-wrap items-center gap-x-2 rounded-md border border-line bg-sunken px-3 py-[6px] text-ink-2">
      Your draft from {formatAge({ time: props.savedAt, now })}, as you left it.
      <Button kind="text" size="small" className="ms-auto" onClick={props.onStartOver}>
        Start over
      </Button>
    </p>
  )
}
