import { useId, useState, type ReactNode } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { describeProblem, findRefusals, toProblem } from '../../api/problem.ts'
import { formatCount, formatPlural } from '../../lib/numbers.ts'
import { useChangeTenant } from '../../panels/tenant.queries.ts'
import { TryAnswer } from '../../panels/try-answer.tsx'
import { Button } from '../../ui/button.tsx'
import { ProblemNotice } from '../../ui/problem-notice.tsx'
import { TextAreaField } from '../../ui/text-area-field.tsx'
import { useToasts } from '../../ui/toasts.ts'
import type { TenantFlow } from './onboarding-flow.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'
import { countWords } from './onboarding-steps.ts'
import { starters, type Starter } from './starters.ts'

const names = ['system_prompt'] as const
const promptCharactersMax = 100_000

/** What a tenant's assistant is told to be. What is typed is kept as a draft until it is saved; the test asks the draft. */
export function PromptStep(props: { flow: TenantFlow }): ReactNode {
  const { flow } = props
  const { tenant } = flow
  const formId = useId()
  const toasts = useToasts()
  const change = useChangeTenant(tenant.id)
  const saved = tenant.system_prompt ?? ''
  const [versionSeen] = useState(flow.facts.promptVersion ?? 0)
  const form = useForm({ mode: 'onTouched', defaultValues: { system_prompt: flow.typed.system_prompt ?? saved } })
  const text = useWatch({ control: form.control, name: 'system_prompt' })
  const problem = change.error ? toProblem(change.error) : undefined

  const keep = (value: string): void => flow.keepTyped({ system_prompt: value === saved ? undefined : value })
  const put = (value: string): void => {
    form.setValue('system_prompt', value, { shouldValidate: true })
    keep(value)
    document.querySelector<HTMLTextAreaElement>(`#${CSS.escape(formId)} textarea`)?.focus({ preventScroll: true })
  }
  const start = ({ label, write }: Starter): void => {
    const before = form.getValues('system_prompt')
    put(write(tenant.name))
    if (before.trim() !== '') toasts.done(`Started from “${label}”`, { undo: () => put(before) })
  }
  const goOn = (): void => {
    flow.keepTyped({ system_prompt: undefined })
    flow.goOn()
  }
  const save = ({ system_prompt: typed }: { system_prompt: string }): void => {
    if (typed === saved) {
      goOn()
      return
    }
    change.mutate(
      { system_prompt: typed.trim() === '' ? null : typed, live_version: versionSeen },
      {
        onSuccess: goOn,
        onError: (thrown) => {
          for (const { name, message } of findRefusals({ problem: toProblem(thrown), names })) {
            form.setError(name, { message }, { shouldFocus: true })
          }
        },
      },
    )
  }
  return (
    <OnboardingFrame
      flow={flow}
      title="Write the prompt"
      lead={`What ${tenant.name}’s assistant is, what it may say, and how. Each save makes a version; any of them can be restored.`}
      foot={{
        verb: 'Save and continue',
        form: formId,
        busy: change.isPending,
        skip: { what: 'prompt', onSkip: flow.goOn },
      }}
      testLabel="Prompt test"
      test={
        <div className="flex flex-col gap-4">
          <div>
            <h2 className="text-[14px]/[20px] font-semibold text-ink">Ask the draft</h2>
            <p className="text-ink-2">
              {text.trim() === ''
                ? 'The platform’s own prompt answers while there is none.'
                : 'Answers with what stands in the editor, saved or not. Counted as a test.'}
            </p>
          </div>
          <TryAnswer
            tenantId={tenant.id}
            name="the draft"
            systemPrompt={text.trim() === '' ? null : text}
            start="What can you help me with?"
          />
        </div>
      }
    >
      <form
        id={formId}
        noValidate
        onSubmit={(event) => void form.handleSubmit(save)(event)}
        className="flex max-w-[760px] flex-col gap-3 [&_textarea]:min-h-[300px] phone:[&_textarea]:min-h-[200px]"
      >
        <ProblemNotice
          words={
            problem && findRefusals({ problem, names }).length === 0
              ? describeProblem({ problem, attempt: 'other' })
              : undefined
          }
        />
        <div role="group" aria-label="Start from" className="flex flex-wrap items-center gap-2">
          <span className="text-ink-2">Start from</span>
          {starters.map((starter) => (
            <Button key={starter.label} size="small" onClick={() => start(starter)}>
              {starter.label}
            </Button>
          ))}
        </div>
        <TextAreaField
          label="System prompt"
          rows={14}
          hint={
            text.trim() === ''
              ? 'Without one, the platform’s own prompt answers.'
              : `${formatPlural(countWords(text), 'word')}, ${formatCount(text.length)} of ${formatCount(promptCharactersMax)} characters.`
          }
          error={form.formState.errors.system_prompt?.message}
          {...form.register('system_prompt', {
            maxLength: {
              value: promptCharactersMax,
              message: `A prompt has ${formatCount(promptCharactersMax)} characters at most.`,
            },
            onChange: (event: { target: { value: string } }) => keep(event.target.value),
          })}
        />
      </form>
    </OnboardingFrame>
  )
}
