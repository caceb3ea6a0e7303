import { useMemo, type ReactNode } from 'react'
import { formatCount, formatMoney, formatMs } from '../lib/numbers.ts'
import { CopyId } from '../ui/copy-id.tsx'
import { Icon } from '../ui/icons.tsx'
import { Markdown } from '../ui/markdown.tsx'
import { announceAnswer, describeAnswerProblem, isUnderWay, type Answer } from './preview-answer.ts'

/** What a test answer says: its Markdown, why it failed or ended early. Its start and end are announced by `name`. */
export function AnswerText(props: {
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
      {phase === 'failed' && <AnswerProblem answer={answer} />}
    </>
  )
}

function AnswerProblem(props: { answer: Answer }): ReactNode {
  const { problem } = props.answer
  const { title, advice } = describeAnswerProblem(problem)
  return (
    <div className="mt-2 flex gap-2">
      <Icon name="failed" className="mt-[2px] size-[16px] shrink-0 text-danger" />
      <div className="min-w-0">
        <p className="font-semibold text-danger">{title}</p>
        <p className="text-ink-2">{advice}</p>
        {problem?.requestId !== undefined && (
          <p className="mt-1 text-meta text-ink-3">
            Request <CopyId id={problem.requestId} what="request id" />
          </p>
        )}
      </div>
    </div>
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
        {phase === 'waiting' ? 'waiting' : missing}
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
