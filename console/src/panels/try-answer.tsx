import { useState, type ReactNode } from 'react'
import { formatPlural } from '../lib/numbers.ts'
import { AnswerFigures, AnswerText } from './answer-view.tsx'
import { AnswerSources, type OpenSource } from './answer-sources.tsx'
import { AskField } from './ask-field.tsx'
import { isUnderWay, type Answer } from './preview-answer.ts'
import { useFollow, useKeptQuestion } from './use-kept-question.ts'
import { usePreviewAnswer } from './use-preview-answer.ts'

/**
 * Asks a tenant's bot one question and shows its answer as it comes, with sources and figures. Another question starts
 * anew; nothing is kept but the usage, counted as test, unless it is asked `asUser`.
 */
export function TryAnswer(props: {
  tenantId: string
  /** Who answers, for what is announced: “Kepler Health”. */
  name: string
  /** Instead of the live prompt; null is the platform's default, left out the live one. */
  systemPrompt?: string | null
  /** A first question to start from; it can be changed before it is asked. */
  start?: string
  withoutSources?: boolean
  /** Asks as the tenant's users do: with the live prompt, in a conversation that is kept, counted as its answer. */
  asUser?: boolean
  /** Called with each answer that ended, however it did (`answer.phase`). */
  onEnd?: (answer: Answer) => void
}): ReactNode {
  const { asUser, onEnd } = props
  const { answer, ask, follow, stop } = usePreviewAnswer(props.tenantId)
  const { kept, keep } = useKeptQuestion(`${asUser ? 'try' : 'preview'}.${props.tenantId}`)
  const [question, setQuestion] = useState(kept?.question)
  const [open, setOpen] = useState<OpenSource>()
  const begin = async (message: string): Promise<void> => {
    setQuestion(message)
    setOpen(undefined)
    const { systemPrompt, withoutSources } = props
    const ended = await ask({ message, systemPrompt, withoutSources, asUser }, (streamId) =>
      keep({ question: message, streams: { answer: streamId } }),
    )
    keep(undefined)
    onEnd?.(ended)
  }
  useFollow(kept, async ({ streams }) => {
    if (streams.answer === undefined) return
    const ended = await follow({ streamId: streams.answer, asUser })
    keep(undefined)
    onEnd?.(ended)
  })
  return (
    <div className="flex flex-col gap-4">
      <AskField
        label={`Ask ${props.name}`}
        start={props.start}
        busy={isUnderWay(answer)}
        onAsk={(message) => void begin(message)}
        onStop={stop}
      />
      {question !== undefined && (
        <>
          <QuestionBubble text={question} />
          <div className="min-h-[44px]">
            <AnswerText
              tenantId={props.tenantId}
              answer={answer}
              name={props.name}
              onSource={(n) => setOpen({ key: String(n), fromAnswer: true })}
            />
          </div>
          <AnswerFigures answer={answer} />
        </>
      )}
      {answer.search && (
        <section aria-label="Sources" className="relative border-t border-line pt-3">
          <h3 className="mb-1 font-semibold text-ink">
            Sources{' '}
            <span className="font-normal text-meta text-ink-3">
              {describeSearch({ answer, cited: answer.cited.length })}
            </span>
          </h3>
          <AnswerSources
            tenantId={props.tenantId}
            sources={answer.sources.map((source) => ({
              key: String(source.n),
              source,
              note: answer.cited.includes(source.n) ? 'cited' : 'not cited',
            }))}
            open={open}
            onOpen={setOpen}
          />
        </section>
      )}
    </div>
  )
}

/** A question as it was asked. */
export function QuestionBubble(props: { text: string }): ReactNode {
  return (
    <p className="max-h-[180px] w-fit max-w-full overflow-y-auto rounded-md rounded-es-xs border border-line bg-sunken px-3 py-[6px] text-prose whitespace-pre-wrap wrap-anywhere text-ink">
      <span className="sr-only">Question: </span>
      {props.text}
    </p>
  )
}

/** “3 found in 118 ms, 2 cited”, and that another way of searching stood in for the one that failed. */
export function describeSearch(options: { answer: Answer; cited: number }): string {
  const { sources, search } = options.answer
  if (search === undefined) return ''
  const found = sources.length === 0 ? 'none found' : `${formatPlural(sources.length, 'source')} found`
  const named = sources.length === 0 ? '' : `, ${options.cited === 0 ? 'none' : options.cited} cited`
  return `${found} by ${search.mode} search${named}${search.degraded ? '; the usual search failed' : ''}`
}
