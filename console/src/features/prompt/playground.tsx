import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { AskField } from '../../panels/ask-field.tsx'
import { isUnderWay } from '../../panels/preview-answer.ts'
import { type KeptQuestion, useFollow, useKeptQuestion } from '../../panels/use-kept-question.ts'
import { usePreviewAnswer } from '../../panels/use-preview-answer.ts'
import { Button } from '../../ui/button.tsx'
import { ChoiceMenu } from '../../ui/choice-menu.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { tellHistory, type Side, type Turn } from './playground.ts'
import { PlaygroundTurn } from './playground-turn.tsx'
import { checkPrompt, toPrompt } from './prompt-text.ts'

const retrievals = [
  { value: 'on', label: 'With sources', note: 'As its settings say' },
  { value: 'off', label: 'Without sources', note: 'Searches nothing' },
] as const

/** A prompt beside the live one. */
export interface OtherPrompt {
  /** “Draft”, “Version 9”. */
  name: string
  text: string
}

/**
 * Asks the live prompt and the one beside it the same questions and streams both answers. Each keeps its own
 * conversation; nothing is kept but the usage, counted as test.
 */
export function Playground(props: {
  tenantId: string
  /** “Version 12”, “Platform default”. */
  liveName: string
  other: OtherPrompt | undefined
  /** Why nothing can be asked now. */
  reason?: string
  onShow: () => void
}): ReactNode {
  const { tenantId, liveName, other, onShow } = props
  const live = usePreviewAnswer(tenantId)
  const beside = usePreviewAnswer(tenantId)
  const [past, setPast] = useState<readonly Turn[]>([])
  const { kept, keep } = useKeptQuestion(`playground.${tenantId}`)
  const [asked, setAsked] = useState<Pick<Turn, 'question' | 'otherName'> | undefined>(
    kept && { question: kept.question, otherName: kept.streams.other === undefined ? undefined : kept.otherName },
  )
  const [retrieval, setRetrieval] = useState<'on' | 'off'>('on')
  const field = useRef<HTMLTextAreaElement>(null)
  const newest = useRef<HTMLDivElement>(null)
  const current: Turn | undefined = asked && {
    ...asked,
    live: live.answer,
    other: asked.otherName === undefined ? undefined : beside.answer,
  }
  const model = current?.live.usage?.model ?? current?.other?.usage?.model
  const busy = isUnderWay(live.answer) || isUnderWay(beside.answer)

  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'prompt.ask',
          name: 'Ask the prompt a question',
          group: 'In the prompt',
          keys: 'Q',
          icon: 'chat',
          palette: 'This tenant',
          run: () => {
            onShow()
            // On a phone the field is shown by the next drawing.
            setTimeout(() => field.current?.focus())
          },
        },
      ],
      [onShow],
    ),
  )

  const ask = (message: string): void => {
    const turns = current ? [...past, current] : past
    const withoutSources = retrieval === 'off'
    setPast(turns)
    setAsked({ question: message, otherName: other?.name })
    let under: KeptQuestion = { question: message, otherName: other?.name, streams: {} }
    const keepStream = (side: Side) => (streamId: string) => {
      under = { ...under, streams: { ...under.streams, [side]: streamId } }
      keep(under)
    }
    const history = (side: Side) => tellHistory(turns, side)
    const answers = [live.ask({ message, withoutSources, history: history('live') }, keepStream('live'))]
    if (other) {
      const systemPrompt = toPrompt(other.text)
      const question = { message, withoutSources, history: history('other'), systemPrompt }
      answers.push(beside.ask(question, keepStream('other')))
    } else beside.clear()
    void forgetWhenEnded(answers)
  }
  const newestAnswers = useRef<readonly Promise<unknown>[]>(undefined)
  const forgetWhenEnded = async (answers: readonly Promise<unknown>[]): Promise<void> => {
    newestAnswers.current = answers
    await Promise.all(answers)
    // Another question may be under way by now.
    if (newestAnswers.current === answers) keep(undefined)
  }
  useFollow(kept, async ({ streams }) => {
    await forgetWhenEnded([
      ...(streams.live === undefined ? [] : [live.follow({ streamId: streams.live })]),
      ...(streams.other === undefined ? [] : [beside.follow({ streamId: streams.other })]),
    ])
  })
  useEffect(() => {
    if (past.length > 0) newest.current?.scrollIntoView({ block: 'start' })
  }, [past.length])
  const startOver = (): void => {
    live.clear()
    beside.clear()
    setPast([])
    setAsked(undefined)
    field.current?.focus()
  }
  const stopAll = (): void => {
    live.stop()
    beside.stop()
  }
  const refusal = props.reason ?? (other && checkPrompt(other.text))
  return (
    <section aria-label="Playground" className="relative flex min-h-full flex-col">
      <div className="sticky top-[var(--head-h,104px)] z-10 flex min-h-[46px] flex-wrap items-center gap-2 border-b border-line bg-sheet px-4 py-2 wide:top-0 phone:top-0">
        <h2 className="text-[14px]/[20px] font-semibold text-ink">Playground</h2>
        <span className="text-meta text-ink-3">{model && `${model}, `}counted as test usage</span>
        <span className="ms-auto flex items-center gap-2">
          {current && (
            <Button kind="ghost" size="small" onClick={startOver}>
              Start over
            </Button>
          )}
          <ChoiceMenu size="small" label="Sources" value={retrieval} choices={retrievals} onChoose={setRetrieval} />
        </span>
      </div>
      <div className="flex-1">
        {current === undefined && <Invitation other={other} liveName={liveName} />}
        {past.map((turn, at) => (
          <PlaygroundTurn key={at} tenantId={tenantId} turn={turn} liveName={liveName} />
        ))}
        {current && (
          // Room below a follow-up, so that its question can stand at the top while the answers come.
          <div
            ref={newest}
            className={classNames(
              'scroll-mt-[calc(var(--head-h,104px)+46px)] wide:scroll-mt-[46px] phone:scroll-mt-[46px]',
              past.length > 0 && 'min-h-[calc(100dvh-240px)]',
            )}
          >
            <PlaygroundTurn
              key={past.length}
              tenantId={tenantId}
              turn={current}
              liveName={liveName}
              onStop={{ live: live.stop, other: beside.stop }}
            />
          </div>
        )}
      </div>
      <div className="sticky bottom-0 z-10 border-t border-line bg-sheet px-4 py-3">
        <AskField
          ref={field}
          label={nameAsking({ other, isFollowUp: current !== undefined })}
          busy={busy}
          reason={refusal}
          onAsk={ask}
          onStop={stopAll}
        />
      </div>
    </section>
  )
}

function nameAsking(options: { other: OtherPrompt | undefined; isFollowUp: boolean }): string {
  const whom = options.other ? 'both prompts' : 'the live prompt'
  return options.isFollowUp ? `Ask ${whom} a follow-up` : `Ask ${whom}`
}

function Invitation(props: { other: OtherPrompt | undefined; liveName: string }): ReactNode {
  const { other, liveName } = props
  return (
    <div className="px-4 py-5 text-ink-2">
      <p className="max-w-[52ch]">
        {other
          ? `Ask a question as an end user would. The live prompt (${liveName.toLowerCase()}) and ${other.name === 'Draft' ? 'your draft' : other.name.toLowerCase()} answer it side by side.`
          : `Ask a question as an end user would: the live prompt (${liveName.toLowerCase()}) answers. Begin a draft, and both answer side by side.`}
      </p>
    </div>
  )
}
