import { useId, useMemo, useRef, useState, type ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { useCommands, type Command } from '../../ui/commands.tsx'
import { Icon } from '../../ui/icons.tsx'

const charactersMax = 2_000

/** Where the question is written that every way of searching is to answer. */
export function QuestionForm(props: { asked: string; busy: boolean; onAsk: (question: string) => void }): ReactNode {
  const [text, setText] = useState(props.asked)
  const [problem, setProblem] = useState<string>()
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'retrieval.ask',
          name: 'Search the knowledge',
          group: 'In a tenant',
          keys: '/',
          icon: 'search',
          palette: 'This tenant',
          run: () => input.current?.select(),
        },
      ],
      [],
    ),
  )
  const ask = (): void => {
    const question = text.trim()
    setProblem(question === '' ? 'Write a question first.' : undefined)
    if (question === '') input.current?.focus()
    else props.onAsk(question)
  }
  return (
    <form
      role="search"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        ask()
      }}
    >
      <div className="flex gap-2">
        <div className="relative min-w-0 flex-1">
          <Icon name="search" className="pointer-events-none absolute inset-y-0 start-[12px] my-auto text-ink-3" />
          <input
            ref={input}
            type="text"
            inputMode="search"
            enterKeyHint="search"
            aria-label="Ask a question"
            aria-invalid={problem !== undefined || undefined}
            aria-describedby={problem === undefined ? undefined : id}
            placeholder="Ask a question…"
            autoComplete="off"
            maxLength={charactersMax}
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setProblem(undefined)
            }}
            className="field-input h-[var(--h-lg)] ps-[36px]"
          />
        </div>
        <Button type="submit" size="large" busy={props.busy}>
          Search knowledge
        </Button>
      </div>
      <p id={id} role="alert" className="text-meta text-danger">
        {problem}
      </p>
    </form>
  )
}
