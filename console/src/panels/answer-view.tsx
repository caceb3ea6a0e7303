import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, type ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import type { ApiProblem } from '../api/problem.ts'
import { formatCount, formatMoney, formatMs } from '../lib/numbers.ts'
import { tenantPath } from '../lib/paths.ts'
import { CopyId } from '../ui/copy-id.tsx'
import { Icon } from '../ui/icons.tsx'
import { Markdown } from '../ui/markdown.tsx'
import { limitSearch } from './limit-names.ts'
import { getMeQueryOptions } from './me.queries.ts'
import { announceAnswer, describeAnswerProblem, isUnderWay, type Answer } from './preview-answer.ts'

/** What a test answer says: its Markdown, why it failed or ended early. Its start and end are announced by `name`. */
export function AnswerText(props: {
  tenantId: string
  answer: Answer
  /** Whose answer it is: “Live”, “Kepler Health”. */
  name: string
  onSource?: (n: number) => void
}): ReactNode {
  const { answer, name } = props
  const { phase, text, sources } = answer
  const numbers = useMemo(() => sources.map(({ n }) => n), [sources])
  return (
    <>
      <p role="status" className="sr-only">
        {announceAnswer(answer, name)}
      </p>
      {phase === 'waiting' && (
        <p className="text-prose text-ink-3" aria-hidden="true">
          <span className="inline-block h-[14px] w-[7px] rounded-[1px] bg-copper align-[-2px]" />
        </p>
      )}
      {text !== '' && (
        <Markdown text={text} streaming={phase === 'streaming'} sources={numbers} onSource={props.onSource} />
      )}
      {phase === 'done' && text === '' && <p className="text-ink-3">The model answered with no words.</p>}
      {phase === 'stopped' && <p className="mt-2 text-meta text-ink-3">Stopped here.</p>}
      {answer.isCutShort && (
        <p className="mt-2 text-meta text-warn">
          Cut short: it reached the longest answer allowed. Raise that limit in Settings.
        </p>
      )}
      {phase === 'failed' && <AnswerProblem tenantId={props.tenantId} answer={answer} />}
    </>
  )
}

function AnswerProblem(props: { tenantId: string; answer: Answer }): ReactNode {
  const { problem } = props.answer
  const { title, advice } = describeAnswerProblem(problem)
  return (
    <div className="mt-2 flex gap-2">
      <Icon name="failed" className="mt-[2px] size-[16px] shrink-0 text-danger" />
      <div className="min-w-0">
        <p className="font-semibold text-danger">{title}</p>
        <p className="text-ink-2">{advice}</p>
        {problem && <WayOn tenantId={props.tenantId} problem={problem} />}
        {problem?.requestId !== undefined && (
          <p className="mt-1 text-meta text-ink-3">
            Request <CopyId id={problem.requestId} what="request id" />
          </p>
        )}
      </div>
    </div>
  )
}

/** Where somebody can let the next question through. */
function WayOn(props: { tenantId: string; problem: ApiProblem }): ReactNode {
  const { tenantId, problem } = props
  const { data: me } = useQuery(getMeQueryOptions(useApi()))
  if (problem.code === 'model.price_unknown') {
    return me?.is_superuser ? (
      <Link to="/system/prices" className="link">
        Set its price
      </Link>
    ) : null
  }
  if (problem.status !== 429 || problem.limitScope === undefined) return null
  return (
    <Link
      to={tenantPath(tenantId, 'limits')}
      search={limitSearch({ name: problem.code.replace('limit.', ''), scope: problem.limitScope })}
      className="link"
    >
      {me?.is_superuser ? 'Change this limit' : 'See this limit'}
    </Link>
  )
}

/** What a test answer took: time to its first words, tokens and cost. */
export function AnswerFigures(props: { answer: Answer; className?: string }): ReactNode {
  const { answer } = props
  const { usage, firstTokenMs, phase } = answer
  const missing = isUnderWay(answer) ? 'when done' : phase === 'stopped' ? 'stopped' : 'no data'
  return (
    <dl className={`flex flex-wrap justify-between gap-x-4 gap-y-2 text-meta ${props.className ?? ''}`}>
      <AnswerFigure name="First token" value={firstTokenMs === undefined ? undefined : formatMs(firstTokenMs)}>
        {phase === 'waiting' ? 'waiting' : answer.text === '' ? missing : 'not seen'}
      </AnswerFigure>
      <AnswerFigure name="Tokens" value={usage && formatCount(usage.total_tokens)}>
        {missing}
      </AnswerFigure>
      <AnswerFigure name="Cost" value={usage && formatMoney(usage.cost_micro_usd)}>
        {missing}
      </AnswerFigure>
    </dl>
  )
}

function AnswerFigure(props: { name: string; value: string | undefined; children: string }): ReactNode {
  return (
    <div className="min-w-[68px]">
      <dt className="text-ink-3">{props.name}</dt>
      <dd className={props.value === undefined ? 'text-ink-3' : 'font-medium text-ink tabular-nums'}>
        {props.value ?? props.children}
      </dd>
    </div>
  )
}
