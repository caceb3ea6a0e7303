import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { onboardingLink, paths } from '../../lib/paths.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icons.tsx'
import type { OnboardingStep } from '../../lib/onboarding-drafts.ts'
import type { StepMark, StepView } from './onboarding-steps.ts'

/** The steps of an onboarding. Without a tenant only the first is there to go to. */
export interface StepsNavProps {
  steps: readonly StepView[]
  current: OnboardingStep
  tenantId: string | undefined
}

const markWords: Record<StepMark, string> = { done: ', done', failed: ', failing', skipped: ', skipped', open: '' }

/** The list of steps at the left: what each came to, and the way back into it. */
export function StepsNav(props: StepsNavProps): ReactNode {
  return (
    <nav aria-label="Steps of onboarding">
      <ol className="flex flex-col gap-1">
        {props.steps.map((step, at) => (
          <li key={step.step}>
            <StepLink
              tenantId={props.tenantId}
              step={step}
              className={classNames(
                'flex gap-3 rounded-md px-[10px] py-[7px]',
                step.step === props.current ? 'bg-accent-soft' : '[a&]:hover:bg-hover',
              )}
            >
              <StepNumber number={at + 1} mark={step.mark} isCurrent={step.step === props.current} />
              <span className="min-w-0">
                <span
                  className={classNames(
                    'block',
                    step.step === props.current ? 'font-semibold text-ink' : 'font-medium text-ink',
                  )}
                >
                  {step.name}
                  <span className="sr-only">{markWords[step.mark]}</span>
                </span>
                <span
                  className={classNames(
                    'block text-meta wrap-anywhere',
                    step.mark === 'failed' ? 'text-danger' : 'text-ink-2',
                  )}
                >
                  {step.finding}
                </span>
              </span>
            </StepLink>
          </li>
        ))}
      </ol>
    </nav>
  )
}

/** The same on a phone: a line of segments, each of them a link, and the step's name below. */
export function StepsLine(props: StepsNavProps): ReactNode {
  const at = props.steps.findIndex(({ step }) => step === props.current)
  const current = props.steps[at]
  return (
    <nav aria-label="Steps of onboarding" className="px-4 pt-1 pb-3">
      <ol className="flex gap-[6px]">
        {props.steps.map((step) => (
          <li key={step.step} className="flex-1">
            <StepLink tenantId={props.tenantId} step={step} className="grid h-[32px] items-center rounded-sm">
              <span className="sr-only">
                {step.name}
                {markWords[step.mark]}
              </span>
              <span aria-hidden="true" className={classNames('h-[4px] rounded-full', segmentColour(step, props))} />
            </StepLink>
          </li>
        ))}
      </ol>
      {current && (
        <p className="flex gap-2 text-meta text-ink-3">
          <span className="shrink-0 tabular-nums">
            Step {at + 1} of {props.steps.length}
          </span>
          <span
            className={classNames('ms-auto min-w-0 text-end wrap-anywhere', current.mark === 'failed' && 'text-danger')}
          >
            {current.finding}
          </span>
        </p>
      )}
    </nav>
  )
}

function segmentColour(step: StepView, props: StepsNavProps): string {
  if (step.step === props.current) return 'bg-accent ring-2 ring-accent-line'
  if (step.mark === 'failed') return 'bg-danger-solid'
  if (step.mark === 'done') return 'bg-accent'
  return step.mark === 'skipped' ? 'bg-accent-line' : 'bg-line-strong'
}

/** The way into a step; words only, where there is nothing yet to go to. */
function StepLink(props: {
  tenantId: string | undefined
  step: StepView
  className: string
  children: ReactNode
}): ReactNode {
  const { step, tenantId } = props
  if (tenantId === undefined && step.step !== 'name') return <span className={props.className}>{props.children}</span>
  const link = tenantId === undefined ? { to: paths.newTenant } : onboardingLink({ tenantId, step: step.step })
  return (
    // Each step is a place of its own: the router marks the one that the address names.
    <Link {...link} activeOptions={{ includeSearch: true }} className={props.className}>
      {props.children}
    </Link>
  )
}

function StepNumber(props: { number: number; mark: StepMark; isCurrent: boolean }): ReactNode {
  const box = 'mt-px grid size-[22px] shrink-0 place-items-center rounded-sm border text-[12px]/[16px] font-semibold'
  if (props.isCurrent) {
    return <span className={classNames(box, 'border-transparent bg-accent text-on-accent')}>{props.number}</span>
  }
  if (props.mark === 'done' || props.mark === 'failed') {
    const isDone = props.mark === 'done'
    return (
      <span
        aria-hidden="true"
        className={classNames(
          box,
          isDone
            ? 'border-accent-line bg-accent-soft text-accent-text'
            : 'border-transparent bg-danger-solid text-on-danger',
        )}
      >
        <Icon name={isDone ? 'check' : 'close'} className="size-[14px]" />
      </span>
    )
  }
  return (
    <span className={classNames(box, 'border-line-strong text-ink-2')}>
      {props.mark === 'skipped' ? <Icon name="minus" className="size-[12px] text-ink-3" /> : props.number}
    </span>
  )
}
