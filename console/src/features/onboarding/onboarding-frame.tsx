import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, type ReactNode } from 'react'
import { tenantPath } from '../../lib/paths.ts'
import { useIsPhone } from '../../lib/use-media.ts'
import { AboveLink } from '../../ui/above-link.tsx'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Plate } from '../../ui/plate.tsx'
import type { OnboardingFlow } from './onboarding-flow.ts'
import type { StepView } from './onboarding-steps.ts'
import { SavedNote } from './saved-note.tsx'
import { StepsLine, StepsNav } from './steps-nav.tsx'

/** What stands at the foot of a step: the way on, at the right, and the way past it. */
export interface StepFoot {
  /** “Save and continue”. */
  verb: string
  /** Sends the form of this id; left out, `onNext` is called. */
  form?: string
  onNext?: () => void
  busy?: boolean
  /** What the step itself asks for is worth more than going on. */
  quiet?: boolean
  /** “Pinecone” makes “Skip Pinecone”. */
  skip?: { what: string; onSkip: () => void }
}

/** One step of an onboarding: the steps at the left, its form, its live test at the right, and the foot. */
export function OnboardingFrame(props: {
  flow: OnboardingFlow
  title: string
  lead: ReactNode
  /** Says more of the current step than the server knows: “Testing the connection”. */
  finding?: Pick<StepView, 'finding'> & Partial<Pick<StepView, 'mark'>>
  foot: StepFoot
  /** The name of the test at the right. */
  testLabel: string
  test: ReactNode
  children: ReactNode
}): ReactNode {
  const { flow, finding } = props
  const isPhone = useIsPhone()
  const steps = flow.steps.map((step) => (step.step === flow.step ? { ...step, ...finding } : step))
  const nav = { steps, current: flow.step, tenantId: flow.tenant?.id }
  return (
    <>
      <OnboardingHeader flow={flow} />
      <div className="grid min-h-[calc(100%-var(--head-h,60px))] grid-rows-[1fr_auto] desk:max-[1179px]:grid-cols-[216px_minmax(0,1fr)] min-[1180px]:grid-cols-[216px_minmax(0,1fr)_clamp(336px,28vw,404px)] phone:grid-cols-1 phone:grid-rows-[auto_auto_1fr_auto]">
        {isPhone ? (
          <StepsLine {...nav} />
        ) : (
          <div className="border-e border-line desk:max-[1179px]:row-span-2">
            <div className="sticky top-[var(--head-h,60px)] flex min-h-[calc(100dvh-var(--head-h,60px)-86px)] flex-col px-3 pt-6 pb-4">
              <StepsNav {...nav} />
              <p className="mt-auto px-[10px] pt-6 text-meta text-ink-3">
                Leave at any step: everything typed is kept. Keys are kept sealed, on the server alone.
              </p>
            </div>
          </div>
        )}
        <div className="min-w-0 px-8 py-6 phone:px-4 phone:pt-2 phone:pb-5">
          <StepHeading key={flow.step} title={props.title} isFirst={flow.isFirstShown} />
          <div className="mt-[6px] max-w-[64ch] text-ink-2">{props.lead}</div>
          <div className="mt-6">{props.children}</div>
        </div>
        <aside
          aria-label={props.testLabel}
          className="min-w-0 border-line bg-sunken px-6 py-6 max-[1179px]:border-t min-[1180px]:border-s phone:px-4"
        >
          {props.test}
        </aside>
        <Foot flow={flow} foot={props.foot} />
      </div>
    </>
  )
}

function OnboardingHeader(props: { flow: OnboardingFlow }): ReactNode {
  const { flow } = props
  const navigate = useNavigate()
  const { noun, above } = flow.viewer
  const title = flow.isNew ? `New ${noun}` : `Set up ${noun}`
  return (
    <PageHeader
      title={flow.tenant ? `${title}: ${flow.tenant.name}` : title}
      heading={
        <div className="flex min-w-0 items-center gap-x-[10px] phone:flex-1 phone:flex-col phone:items-start">
          <AboveLink to={above.to} className="phone:hidden">
            {above.name}
          </AboveLink>
          <h1 className="text-title font-semibold tracking-[-.015em] whitespace-nowrap text-ink">{title}</h1>
          {flow.tenant && (
            <span className="ms-1 flex max-w-full min-w-0 items-center gap-2 phone:ms-0">
              <Plate tenantId={flow.tenant.id} size={18} />
              <span className="truncate font-medium text-ink">{flow.tenant.name}</span>
            </span>
          )}
        </div>
      }
      actions={
        <>
          <SavedNote saved={flow.saved} />
          <Button
            kind="ghost"
            onClick={() => void navigate({ to: flow.tenant ? tenantPath(flow.tenant.id) : above.to })}
          >
            {flow.isNew ? 'Finish later' : `Open ${noun}`}
          </Button>
        </>
      }
    />
  )
}

/** The step's name; it takes the focus when one comes here from another step, so that reading starts there. */
function StepHeading(props: { title: string; isFirst: boolean }): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  const { isFirst } = props
  useEffect(() => {
    if (isFirst) return
    heading.current?.focus({ preventScroll: true })
    heading.current?.closest('main')?.scrollTo({ top: 0 })
  }, [isFirst])
  return (
    <h2
      ref={heading}
      tabIndex={-1}
      className="w-fit rounded-xs text-[16px]/[24px] font-semibold tracking-[-.015em] text-ink outline-none"
    >
      {props.title}
    </h2>
  )
}

function Foot(props: { flow: OnboardingFlow; foot: StepFoot }): ReactNode {
  const { flow, foot } = props
  const { onBack } = flow
  return (
    <div className="sticky bottom-0 z-10 col-span-full flex min-h-[66px] items-center gap-2 rounded-b-lg border-t border-line bg-sheet px-6 py-3 phone:px-4">
      {onBack && (
        <Button size="large" onClick={onBack}>
          Back
        </Button>
      )}
      <span className="ms-auto" />
      {foot.skip && (
        <Button kind="ghost" size="large" onClick={foot.skip.onSkip} disabled={foot.busy}>
          Skip <span className="-ms-1 phone:sr-only">{foot.skip.what}</span>
        </Button>
      )}
      <Button
        kind={foot.quiet ? 'default' : 'primary'}
        size="large"
        busy={foot.busy}
        {...(foot.form === undefined ? { onClick: foot.onNext } : { type: 'submit', form: foot.form })}
      >
        {foot.verb}
        <Icon name="arrow-right" className="shrink-0" />
      </Button>
    </div>
  )
}
