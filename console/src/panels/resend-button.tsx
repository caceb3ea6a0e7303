import { useState, type ReactNode } from 'react'
import { describeProblem, toProblem, type ApiProblem } from '../api/problem.ts'
import { formatWait } from '../lib/format.ts'
import { useNow } from '../lib/use-now.ts'
import { Button } from '../ui/button.tsx'
import { ProblemNotice } from '../ui/problem-notice.tsx'

/** The server makes at most one mail a minute for one person, and says nothing of the others. */
const pauseMs = 60_000
const tickMs = 1_000

/** Asks for a mail again, once a minute, counting down; says what became of it. */
export function ResendButton(props: {
  onSend: () => Promise<unknown>
  /** One was sent when this appeared, so the first press waits, too. */
  wasSent?: boolean
}): ReactNode {
  const [sentAt, setSentAt] = useState(() => (props.wasSent ? Date.now() : undefined))
  const [busy, setBusy] = useState(false)
  const [wasPressed, setWasPressed] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const now = useNow(tickMs)
  const waitMs = sentAt === undefined ? 0 : sentAt + pauseMs - now.getTime()
  const seconds = Math.ceil(Math.min(pauseMs, Math.max(0, waitMs)) / 1000)
  const send = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await props.onSend()
      setSentAt(Date.now())
      setWasPressed(true)
    } catch (thrown) {
      setProblem(toProblem(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="flex flex-col items-start gap-2">
      <ProblemNotice
        words={problem && describeProblem({ problem, attempt: 'other' })}
        waiting={problem?.status === 429}
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button
          busy={busy}
          reason={seconds > 0 ? `One a minute: again in ${formatWait(seconds)}` : undefined}
          onClick={() => void send()}
        >
          Send the link again
        </Button>
        {seconds > 0 && (
          <span className="text-meta text-ink-3 tabular-nums">
            {wasPressed ? 'Asked for again. ' : ''}Again in {seconds} s
          </span>
        )}
      </div>
      <span role="status" className="sr-only">
        {wasPressed ? 'The link was asked for again.' : ''}
      </span>
    </div>
  )
}
