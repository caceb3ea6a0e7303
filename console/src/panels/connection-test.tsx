import { useId, useRef, type ReactNode } from 'react'
import { describeProblem } from '../api/problem.ts'
import { formatDuration } from '../lib/numbers.ts'
import { useNow } from '../lib/use-now.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'
import { Notice } from '../ui/notice.tsx'
import { When } from '../ui/time.tsx'
import { connectionNames, connectionNouns, expectedSteps, nameStep } from './connection-steps.ts'
import { PendingStep, TestedStep } from './connection-test-step.tsx'
import type { TestRun } from './use-connection-test.ts'
import type { Connection } from './use-connection.ts'

/**
 * The test of a connection: begins and stops it, lists its steps with what each found, and does what mends a failed one.
 * Tests what is typed, saved or not. Stands well in a `bg-sunken` column.
 */
export function ConnectionTest(props: {
  connection: Connection
  /** The level of its heading: 2 beside a page's form, 3 (the default) inside a section. */
  level?: 2 | 3
}): ReactNode {
  const { connection } = props
  const { kind, test } = connection
  const { run } = test
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const noun = connectionNouns[kind]
  const Heading = props.level === 2 ? 'h2' : 'h3'
  const running = run.phase === 'running'
  /** The pressed button goes with the steps it stands in; the focus stays in the test. */
  const fix = (change: { field: string; value: string }): void => {
    button.current?.focus()
    void test.applyFix(change)
  }
  return (
    <section aria-labelledby={id} className="relative flex min-w-0 flex-col gap-4">
      <div className="flex min-h-[var(--h-md)] items-center gap-2">
        <Heading id={id} className="text-[14px]/[20px] font-semibold text-ink">
          {connectionNames[kind]} test
        </Heading>
        <span className="text-meta text-ink-3 tabular-nums">
          <TestCount run={run} steps={expectedSteps[kind].length} />
        </span>
        <Button
          ref={button}
          className="ms-auto"
          aria-label={running ? `Stop the ${noun} test` : undefined}
          onClick={() => (running ? test.stop() : void test.start())}
        >
          <Icon name={running ? 'stop' : 'plug'} className="shrink-0 text-ink-3" />
          {running ? 'Stop' : `Test ${noun}`}
        </Button>
      </div>
      <span role="status" className="sr-only">
        {announce(noun, run)}
      </span>
      <TestBody connection={connection} onFix={fix} />
    </section>
  )
}

function TestBody(props: {
  connection: Connection
  onFix: (change: { field: string; value: string }) => void
}): ReactNode {
  const { connection } = props
  const { kind, test, tenant, isDraft } = connection
  const { run } = test
  if (run.phase === 'idle' || run.phase === 'stopped') {
    return (
      <p className="max-w-[44ch] text-ink-3">
        {run.phase === 'stopped' && 'Stopped. '}
        {isDraft ? 'Tests what is typed, before it is saved.' : 'Tests the settings as they are stored.'}
        {kind === 'model' && ' Asks for one short answer, counted in its usage as a test.'}
      </p>
    )
  }
  if (run.phase === 'failed') {
    const { title, advice } = describeProblem({ problem: run.problem, attempt: 'other' })
    return (
      <Notice tone="danger" icon="failure" title="The test could not be made">
        {title} {advice}
      </Notice>
    )
  }
  if (run.phase === 'running') return <RunningSteps steps={expectedSteps[kind]} startedAt={run.startedAt} />
  return (
    <>
      {test.isStale && (
        <p className="flex gap-[6px] text-ink-2">
          <Icon name="attention" className="mt-[2px] shrink-0 text-warn" />
          Settings were changed since this test.
        </p>
      )}
      <ol>
        {run.test.steps.map((step, at) => (
          <TestedStep
            key={step.name}
            step={step}
            last={at === run.test.steps.length - 1}
            onFix={props.onFix}
            onKey={step.name === 'key' ? connection.key.open : undefined}
          />
        ))}
      </ol>
      <p className="text-meta text-ink-3">
        {run.isDraft ? 'Tested as typed' : 'Tested as stored'}, <When time={run.endedAt.toISOString()} />
      </p>
      {!run.test.ok && (
        <div className="flex gap-[10px] rounded-md border border-line px-3 py-[10px] text-ink-2">
          <Icon name="eye" className="mt-[2px] shrink-0 text-ink-3" />
          <p className="min-w-0">
            A failed test stops nothing: the settings can be saved as they are. {describeMeanwhile(kind, tenant)}
            {!run.isDraft && ' Home lists it while it fails.'}
          </p>
        </div>
      )}
    </>
  )
}

function RunningSteps(props: { steps: readonly string[]; startedAt: Date }): ReactNode {
  const now = useNow(100)
  const ms = Math.max(0, now.getTime() - props.startedAt.getTime())
  return (
    <ol>
      {props.steps.map((step, at) => (
        <PendingStep
          key={step}
          name={nameStep(step)}
          last={at === props.steps.length - 1}
          // The server answers when all are done: the clock runs at the first.
          clock={at === 0 ? formatDuration(ms) : undefined}
        />
      ))}
    </ol>
  )
}

function TestCount(props: { run: TestRun; steps: number }): ReactNode {
  const { run } = props
  if (run.phase === 'running') return 'running'
  if (run.phase === 'stopped') return 'stopped'
  if (run.phase !== 'done') return null
  const passed = run.test.steps.filter(({ ok }) => ok).length
  return `${passed} of ${run.test.steps.length}, ${formatDuration(run.ms)}`
}

function announce(noun: string, run: TestRun): string {
  if (run.phase === 'idle') return ''
  if (run.phase === 'running') return `Testing ${noun}.`
  if (run.phase === 'stopped') return `The ${noun} test was stopped.`
  if (run.phase === 'failed') {
    return `The ${noun} test could not be made. ${describeProblem({ problem: run.problem, attempt: 'other' }).title}`
  }
  const failed = run.test.steps.find(({ ok }) => !ok)
  return failed
    ? `The ${noun} test failed at ${nameStep(failed.name)}. ${failed.detail}`
    : `The ${noun} test passed, all ${run.test.steps.length} steps.`
}

/** What a connection that fails means for those who ask. */
function describeMeanwhile(kind: Connection['kind'], tenant: Connection['tenant']): string {
  if (kind === 'model') return `Until it passes, ${tenant.name} may not answer.`
  if (tenant.retrieval === 'keyword' || tenant.retrieval === 'off') return `${tenant.name} answers without Pinecone.`
  if (tenant.retrieval === 'semantic') return `Until it passes, answers of ${tenant.name} may fail.`
  return `Until it passes, ${tenant.name} answers by keyword.`
}
