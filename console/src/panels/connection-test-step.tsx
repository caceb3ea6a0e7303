import { useState, type ReactNode } from 'react'
import { formatMs } from '../lib/numbers.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icons.tsx'
import { Ring } from '../ui/ring.tsx'
import { describeChoices, describeFix, nameStep } from './connection-steps.ts'
import type { TestStep } from './use-connection-test.ts'

type Fix = NonNullable<TestStep['fixes']>[number]
type Outcome = 'passed' | 'noticed' | 'failed' | 'skipped'

/** A step that was taken: its mark, what was found, how long it took, and what to do when it needs something. */
export function TestedStep(props: {
  step: TestStep
  last: boolean
  onFix: (change: { field: string; value: string }) => void
  /** Leads to the key's field, where another key mends the step. */
  onKey?: () => void
}): ReactNode {
  const { step, onKey } = props
  const outcome = judge(step)
  const fixes = step.fixes ?? []
  const isOpen = outcome === 'failed' || outcome === 'noticed'
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0">
      <Rail last={props.last} />
      <StepMark outcome={outcome} />
      <div className="min-w-0 flex-1">
        <p className="flex min-h-[20px] items-baseline gap-2">
          <span className={classNames('font-medium', outcome === 'skipped' ? 'text-ink-3' : 'text-ink')}>
            {nameStep(step.name)}
          </span>
          {outcome === 'failed' && <Badge tone="danger">Failed</Badge>}
          {outcome === 'skipped' ? (
            <span className="text-meta text-ink-3">not run</span>
          ) : (
            <span className="ms-auto shrink-0 text-meta text-ink-3 tabular-nums">{formatMs(step.latency_ms)}</span>
          )}
        </p>
        {outcome !== 'skipped' && <p className="text-ink-2 wrap-anywhere">{step.detail}</p>}
        {isOpen && (
          <div
            className={classNames(
              'mt-2 flex flex-col gap-[10px] rounded-md border bg-sheet px-3 py-[10px]',
              outcome === 'failed' ? 'border-danger-line' : 'border-warn-line',
            )}
          >
            <p className="text-ink-2 wrap-anywhere">
              <strong className="font-semibold text-ink">What to do.</strong>{' '}
              {step.remedy ?? 'Choose the metadata field that holds the text of its passages.'}
            </p>
            <Fixes fixes={fixes} onFix={props.onFix} onKey={step.ok ? undefined : onKey} />
          </div>
        )}
      </div>
    </li>
  )
}

/** A step that is still to come, with a running clock where the test is. */
export function PendingStep(props: { name: string; last: boolean; clock: string | undefined }): ReactNode {
  const runs = props.clock !== undefined
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0">
      <Rail last={props.last} />
      <span className="relative grid size-[20px] shrink-0 place-items-center rounded-sm border border-line-strong bg-sheet">
        {runs && <Ring className="text-ink-3" />}
      </span>
      <p className="flex min-h-[20px] min-w-0 flex-1 items-baseline gap-2">
        <span className={runs ? 'font-medium text-ink' : 'font-medium text-ink-3'}>{props.name}</span>
        {runs && (
          <>
            <span className="text-meta text-ink-3">running</span>
            <span aria-hidden="true" className="ms-auto text-meta text-ink-3 tabular-nums">
              {props.clock}
            </span>
          </>
        )}
      </p>
    </li>
  )
}

function Fixes(props: {
  fixes: readonly Fix[]
  onFix: (change: { field: string; value: string }) => void
  onKey: (() => void) | undefined
}): ReactNode {
  const [shown, setShown] = useState<string | undefined>(props.fixes.length === 1 ? props.fixes[0]?.field : undefined)
  if (props.fixes.length === 0 && !props.onKey) return null
  const lists = props.fixes.filter(({ choices }) => choices.length > 1)
  const open = lists.find(({ field }) => field === shown)
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        {props.onKey && (
          <Button size="small" onClick={props.onKey}>
            Enter another key
          </Button>
        )}
        {props.fixes.map(({ field, choices: [only, ...more] }) =>
          only && more.length === 0 ? (
            <Button
              key={field}
              size="small"
              className="h-auto! min-h-[var(--h-sm)] max-w-full py-[3px] text-start whitespace-normal! wrap-anywhere"
              onClick={() => props.onFix({ field, value: only.value })}
            >
              {describeFix(field, only.value)}
            </Button>
          ) : (
            <Button
              key={field}
              kind="text"
              size="small"
              aria-expanded={field === shown}
              onClick={() => setShown(field === shown ? undefined : field)}
            >
              {field === shown ? 'Hide' : 'Show'} {describeChoices(field, more.length + 1)}
            </Button>
          ),
        )}
      </div>
      {open && <Choices fix={open} onFix={props.onFix} />}
    </>
  )
}

function Choices(props: { fix: Fix; onFix: (change: { field: string; value: string }) => void }): ReactNode {
  const { field, choices } = props.fix
  return (
    <ul className="-mx-3 -mb-[10px] max-h-[264px] overflow-y-auto border-t border-line">
      {choices.map(({ value, note }) => (
        <li key={value} className="border-b border-line last:border-b-0">
          <button
            type="button"
            onClick={() => props.onFix({ field, value })}
            className="relative flex min-h-[36px] w-full items-center gap-3 px-3 py-[6px] text-start -outline-offset-2 hover:bg-hover"
          >
            <span className="min-w-0 flex-1">
              <span className="block font-mono text-meta wrap-anywhere text-ink">{value}</span>
              {note !== null && <span className="block text-meta text-ink-3 tabular-nums">{note}</span>}
            </span>
            <span className="shrink-0 text-meta font-medium text-accent-text">
              Use it<span className="sr-only"> and test again</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function judge(step: TestStep): Outcome {
  if (step.ok) return step.fixes === undefined ? 'passed' : 'noticed'
  return step.remedy === null ? 'skipped' : 'failed'
}

function StepMark(props: { outcome: Outcome }): ReactNode {
  const box = 'relative grid size-[20px] shrink-0 place-items-center rounded-sm border'
  const words = { passed: 'Passed: ', noticed: 'Needs a look: ', failed: '', skipped: '' }[props.outcome]
  return (
    <>
      {words !== '' && <span className="sr-only">{words}</span>}
      {props.outcome === 'passed' && (
        <span className={classNames(box, 'border-accent-line bg-accent-soft text-accent-text')}>
          <Icon name="check" className="size-[12px]" />
        </span>
      )}
      {props.outcome === 'noticed' && (
        <span className={classNames(box, 'border-warn-line bg-warn-soft text-warn')}>
          <Icon name="attention" className="size-[12px]" />
        </span>
      )}
      {props.outcome === 'failed' && (
        <span className={classNames(box, 'border-danger-solid bg-danger-solid text-on-danger')}>
          <Icon name="close" className="size-[12px]" />
        </span>
      )}
      {props.outcome === 'skipped' && <span className={classNames(box, 'border-line-strong bg-sheet')} />}
    </>
  )
}

/** The line that leads from a step to the next. */
function Rail(props: { last: boolean }): ReactNode {
  return props.last ? null : (
    <span aria-hidden="true" className="absolute start-[10px] top-[20px] bottom-0 w-px bg-line-strong" />
  )
}
