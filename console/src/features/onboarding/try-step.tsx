import { useState, type ReactNode } from 'react'
import { formatCount, formatMoney, formatPlural } from '../../lib/numbers.ts'
import { onboardingLink, tenantPath } from '../../lib/paths.ts'
import type { Answer } from '../../panels/preview-answer.ts'
import { TryAnswer } from '../../panels/try-answer.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { Icon } from '../../ui/icons.tsx'
import { State, type StateKind } from '../../ui/state.tsx'
import type { TenantFlow } from './onboarding-flow.ts'
import type { OnboardingPages } from './onboarding-pages.ts'
import { OnboardingFrame } from './onboarding-frame.tsx'

/** The tenant's first answer, by the way its users go, and what it took. */
export function TryStep(props: { flow: TenantFlow; pages: OnboardingPages }): ReactNode {
  const { flow, pages } = props
  const { tenant, facts } = flow
  const [answer, setAnswer] = useState<Answer>()
  const isAnswered = facts.answers > 0
  return (
    <OnboardingFrame
      flow={flow}
      title={`Ask ${tenant.name}`}
      lead="As its users will: through the same checks, with the saved prompt, counted in its usage."
      foot={{
        verb: isAnswered ? `Open ${flow.viewer.noun}` : 'Finish without asking',
        onNext: flow.finish,
        quiet: !isAnswered,
      }}
      testLabel="What the answer took"
      test={
        <div className="flex flex-col gap-6">
          {answer?.phase === 'done' ? (
            <Counted flow={flow} answer={answer} />
          ) : (
            <WhatAnswers flow={flow} answer={answer} />
          )}
          {isAnswered && <WhatNext tenantId={tenant.id} pages={pages} />}
        </div>
      }
    >
      <div className="max-w-[680px]">
        <TryAnswer
          asUser
          tenantId={tenant.id}
          name={tenant.name}
          start="What can you help me with?"
          onEnd={(ended) => {
            setAnswer(ended)
            flow.refreshFacts()
          }}
        />
      </div>
    </OnboardingFrame>
  )
}

/** What an answer is made of, as long as there is none, and where to mend what failed. */
function WhatAnswers(props: { flow: TenantFlow; answer: Answer | undefined }): ReactNode {
  const { tenant, facts } = props.flow
  const { provider, model, retrieval } = facts.effective
  const modelFails =
    provider === null || facts.failing.includes('model') || props.answer?.problem?.code.startsWith('model.') === true
  const parts: { name: string; kind: StateKind; words: string }[] = [
    {
      name: 'Prompt',
      kind: 'fine',
      words:
        tenant.system_prompt === null
          ? 'The platform’s own'
          : `Version ${facts.promptVersion === null ? '' : formatCount(facts.promptVersion)}`,
    },
    {
      name: 'Model',
      kind: modelFails ? 'failed' : 'fine',
      words:
        provider === null ? 'None can answer' : provider === 'offline' ? 'Offline, needs no key' : (model ?? provider),
    },
    {
      name: 'Passages',
      kind: facts.failing.includes('pinecone') ? 'failed' : 'fine',
      words: facts.failing.includes('pinecone') ? 'Pinecone fails' : describeRetrieval(retrieval),
    },
    {
      name: 'Users',
      kind: facts.users === 0 ? 'suspended' : 'fine',
      words: facts.users === 0 ? 'Nobody assigned yet' : formatPlural(facts.users, 'user'),
    },
  ]
  return (
    <section aria-label="What answers" className="relative flex flex-col gap-3">
      <h2 className="text-[14px]/[20px] font-semibold text-ink">What answers</h2>
      <dl className="flex flex-col gap-2">
        {parts.map(({ name, kind, words }) => (
          <div key={name} className="flex gap-3">
            <dt className="w-[72px] shrink-0 text-ink-3">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">
              <State kind={kind}>{words}</State>
            </dd>
          </div>
        ))}
      </dl>
      {modelFails && (
        <ButtonLink {...onboardingLink({ tenantId: tenant.id, step: 'model' })} className="self-start">
          Check the model
        </ButtonLink>
      )}
    </section>
  )
}

/** What the answer took, and that it stands in the tenant's usage. */
function Counted(props: { flow: TenantFlow; answer: Answer }): ReactNode {
  const { flow, answer } = props
  const { usage } = answer
  return (
    <section aria-label="Counted usage" className="relative flex flex-col gap-3">
      <h2 className="text-[14px]/[20px] font-semibold text-ink">Counted in its usage</h2>
      <State kind="fine">
        {formatPlural(flow.facts.answers, 'answer')} of {flow.tenant.name} so far
      </State>
      {usage && (
        <dl className="flex flex-col gap-2">
          <Row name="Model" value={usage.model} />
          <Row name="Prompt" value={formatPlural(usage.prompt_tokens, 'token')} />
          <Row name="Answer" value={formatPlural(usage.completion_tokens, 'token')} />
          <Row name="Cost" value={formatMoney(usage.cost_micro_usd)} />
        </dl>
      )}
    </section>
  )
}

function Row(props: { name: string; value: string }): ReactNode {
  return (
    <div className="flex gap-3">
      <dt className="w-[72px] shrink-0 text-ink-3">{props.name}</dt>
      <dd className="min-w-0 wrap-anywhere text-ink tabular-nums">{props.value}</dd>
    </div>
  )
}

/** Where one goes with a tenant that answers. */
function WhatNext(props: { tenantId: string; pages: OnboardingPages }): ReactNode {
  const { tenantId, pages } = props
  const connect = pages.connect?.(tenantId)
  return (
    <section aria-label="What to do next" className="relative flex flex-col gap-3 border-t border-line pt-5">
      <h2 className="text-[14px]/[20px] font-semibold text-ink">What to do next</h2>
      <p className="text-ink-2">It answers. Put it into its frontend, or watch how it is used.</p>
      <div className="flex flex-wrap gap-2">
        {connect !== undefined && (
          <ButtonLink to={connect}>
            <Icon name="plug" className="shrink-0 text-ink-3" />
            Copy a snippet
          </ButtonLink>
        )}
        <ButtonLink to={tenantPath(tenantId)}>
          <Icon name="usage" className="shrink-0 text-ink-3" />
          See its usage
        </ButtonLink>
      </div>
    </section>
  )
}

function describeRetrieval(mode: string): string {
  switch (mode) {
    case 'off':
      return 'None are searched'
    case 'keyword':
      return 'Its documents, by keyword'
    case 'semantic':
      return 'Its Pinecone index'
    default:
      return 'Pinecone and keyword together'
  }
}
