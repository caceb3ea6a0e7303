import { useState, type ReactNode } from 'react'
import { AnswerSources, type OpenSource } from '../../panels/answer-sources.tsx'
import { AnswerFigures, AnswerText } from '../../panels/answer-view.tsx'
import { isUnderWay, type Answer } from '../../panels/preview-answer.ts'
import { describeSearch, QuestionBubble } from '../../panels/try-answer.tsx'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icons.tsx'
import { findSourceKey, mergeSources, type Turn } from './playground.ts'

/** One question and its answers side by side (below each other on a phone), with the sources of both. */
export function PlaygroundTurn(props: {
  tenantId: string
  turn: Turn
  liveName: string
  /** Stops one answer; left out for questions that are over. */
  onStop?: { live: () => void; other: () => void }
}): ReactNode {
  const { turn, onStop } = props
  const [open, setOpen] = useState<OpenSource>()
  const openSource = (answer: Answer, n: number): void => {
    const key = findSourceKey(answer, n)
    if (key !== undefined) setOpen({ key, fromAnswer: true })
  }
  const sources = mergeSources(turn)
  const found = turn.other?.search && turn.other.sources.length > turn.live.sources.length ? turn.other : turn.live
  return (
    <div className="relative border-b border-line">
      <div className="px-4 py-3">
        <QuestionBubble text={turn.question} />
      </div>
      <div className={classNames('grid border-t border-line', turn.other && 'desk:grid-cols-2')}>
        <Pane
          tenantId={props.tenantId}
          name="Live"
          detail={props.liveName}
          answer={turn.live}
          onStop={onStop?.live}
          onSource={(n) => openSource(turn.live, n)}
        />
        {turn.other && (
          <Pane
            tenantId={props.tenantId}
            name={turn.otherName ?? 'Draft'}
            isOther
            answer={turn.other}
            onStop={onStop?.other}
            onSource={(n) => turn.other && openSource(turn.other, n)}
          />
        )}
      </div>
      {found.search && (
        <section aria-label="Sources" className="relative border-t border-line px-4 pt-3 pb-2">
          <h3 className="mb-1 font-semibold text-ink">
            Sources{' '}
            <span className="ms-1 font-normal text-meta text-ink-3">
              {describeSearch({ answer: found, cited: sources.filter(({ isCited }) => isCited).length })}
            </span>
          </h3>
          <AnswerSources tenantId={props.tenantId} sources={sources} open={open} onOpen={setOpen} />
        </section>
      )}
    </div>
  )
}

function Pane(props: {
  tenantId: string
  name: string
  detail?: string
  isOther?: boolean
  answer: Answer
  onStop: (() => void) | undefined
  onSource: (n: number) => void
}): ReactNode {
  const { answer, name, isOther = false } = props
  const underWay = isUnderWay(answer)
  return (
    <section
      aria-label={`Answer of ${name.toLowerCase()}`}
      aria-busy={underWay}
      className={classNames(
        'relative flex min-w-0 flex-col gap-2 px-4 pt-3 pb-3',
        isOther && 'border-line desk:border-s phone:border-t',
      )}
    >
      {isOther && underWay && <span aria-hidden="true" className="absolute inset-x-0 -top-px h-[2px] bg-copper" />}
      <div className="flex min-h-[var(--h-sm)] items-center gap-2">
        <h3 className="font-semibold text-ink">{name}</h3>
        <span className="text-meta text-ink-3">{describePhase(answer, props.detail)}</span>
        {underWay && props.onStop && (
          <Button size="small" className="ms-auto" aria-label={`Stop ${name.toLowerCase()}`} onClick={props.onStop}>
            <Icon name="stop" />
            Stop
          </Button>
        )}
      </div>
      <div className="min-h-[66px] flex-1">
        <AnswerText tenantId={props.tenantId} answer={answer} name={name} onSource={props.onSource} />
      </div>
      <AnswerFigures answer={answer} className="pt-2" />
    </section>
  )
}

function describePhase(answer: Answer, detail: string | undefined): string | undefined {
  if (answer.phase === 'waiting') return 'asked'
  if (answer.phase === 'streaming') return 'streaming'
  return detail
}
