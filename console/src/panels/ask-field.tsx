import { useId, useState, type KeyboardEvent, type ReactNode, type Ref } from 'react'
import { formatCount } from '../lib/numbers.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icons.tsx'

/** How long a question may be. */
export const questionCharactersMax = 32_000

/** Why a question cannot be asked; undefined when it can. */
export function checkQuestion(text: string): string | undefined {
  if (text.trim() === '') return 'Write a question first.'
  const over = text.length - questionCharactersMax
  return over > 0
    ? `The question is ${formatCount(over)} ${over === 1 ? 'character' : 'characters'} too long: at most ${formatCount(questionCharactersMax)}.`
    : undefined
}

/** Where a question is written: Enter or ⌘/Ctrl+Enter asks, Shift+Enter begins a line. While busy it can be stopped. */
export function AskField({
  ref,
  ...props
}: {
  /** What is done, as the name of field and button: “Ask both prompts”. */
  label: string
  /** Where one starts: an example that may be asked as it is. */
  start?: string
  busy: boolean
  /** Why nothing can be asked now. */
  reason?: string
  onAsk: (question: string) => void
  onStop: () => void
  ref?: Ref<HTMLTextAreaElement>
}): ReactNode {
  const [text, setText] = useState(props.start ?? '')
  const [problem, setProblem] = useState<string>()
  const id = useId()
  const ask = (): void => {
    if (props.busy || props.reason !== undefined) return
    const refusal = checkQuestion(text)
    setProblem(refusal)
    if (refusal !== undefined) return
    props.onAsk(text.trim())
    setText('')
  }
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    ask()
  }
  return (
    <div>
      <div className="relative">
        <textarea
          ref={ref}
          rows={1}
          value={text}
          aria-label={props.label}
          aria-invalid={problem !== undefined || undefined}
          aria-describedby={problem === undefined ? undefined : id}
          aria-keyshortcuts="Enter Control+Enter Meta+Enter"
          placeholder={`${props.label}…`}
          onChange={(event) => {
            setText(event.target.value)
            if (problem !== undefined) setProblem(checkQuestion(event.target.value))
          }}
          onKeyDown={press}
          className="field-input block field-sizing-content h-auto! max-h-[180px] min-h-[var(--h-lg)] resize-none overflow-y-auto py-2 pe-[92px]!"
        />
        <span className="absolute end-[6px] bottom-[6px]">
          {props.busy ? (
            <Button size="small" onClick={props.onStop}>
              <Icon name="stop" />
              Stop
            </Button>
          ) : (
            <Button size="small" reason={props.reason} aria-label={props.label} onClick={ask} keys="Enter">
              Ask
            </Button>
          )}
        </span>
      </div>
      <p id={id} role="alert" className="text-meta text-danger">
        {problem}
      </p>
    </div>
  )
}
