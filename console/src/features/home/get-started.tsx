import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icons.tsx'
import { Section } from '../../ui/section.tsx'
import { describeFirstStep, type FirstStep } from './first-steps.ts'
import type { HomePages } from './home-pages.ts'
import type { Overview } from './home.queries.ts'

/** What is still to be set up, from what is really there; nothing once all of it is done. */
export function GetStarted(props: {
  checklist: Overview['checklist']
  pages: HomePages
  /** The tenant that every step is about while there is just one. */
  onlyTenantId: string | undefined
}): ReactNode {
  const steps = props.checklist.flatMap(({ step, done }) => {
    const words = describeFirstStep({ step, pages: props.pages, onlyTenantId: props.onlyTenantId })
    return words ? [{ ...words, key: step, done }] : []
  })
  const doneCount = steps.filter(({ done }) => done).length
  if (doneCount === steps.length) return null
  return (
    <Section
      title="Get started"
      actions={
        <span className="text-meta text-ink-3 tabular-nums">
          {doneCount} of {steps.length}
        </span>
      }
    >
      <div aria-hidden="true" className="flex gap-[6px]">
        {steps.map(({ key }, at) => (
          <span
            key={key}
            className={classNames('h-[4px] flex-1 rounded-full', at < doneCount ? 'bg-accent' : 'bg-line')}
          />
        ))}
      </div>
      <ul className="mt-3 flex flex-col">
        {steps.map(({ key, done, ...step }) => (
          <StepRow key={key} step={step} done={done} />
        ))}
      </ul>
    </Section>
  )
}

function StepRow(props: { step: FirstStep; done: boolean }): ReactNode {
  const { step, done } = props
  return (
    <li className="relative flex gap-2 py-[5px]">
      <Icon
        name={done ? 'check' : 'todo'}
        className={classNames('mt-[2px] size-[16px] shrink-0', done ? 'text-accent' : 'text-ink-3')}
      />
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-2">
          <p className={classNames('min-w-0 flex-1', done ? 'text-ink-2' : 'font-medium text-ink')}>
            {step.name}
            <span className="sr-only">{done ? ', done' : ', to do'}</span>
          </p>
          {!done && step.link !== undefined && (
            <Link
              {...step.link}
              className="link shrink-0 no-underline hover:underline"
              aria-label={`${step.verb}: ${step.name}`}
            >
              {step.verb}
            </Link>
          )}
        </div>
        {!done && <p className="text-meta text-ink-3">{step.reason}</p>}
      </div>
    </li>
  )
}
