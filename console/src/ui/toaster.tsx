import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { classNames } from './class-names.ts'
import { IconButton } from './icon-button.tsx'
import { Icon } from './icons.tsx'
import { Ring } from './ring.tsx'
import { toastMs, useToasts, type ShownToast } from './toasts.ts'

const tickMs = 100

/** Where the toasts are shown: bottom right, above the bottom bar on a phone. Once, in the shell. */
export function Toaster(): ReactNode {
  const toasts = useToasts()
  const shown = useSyncExternalStore(toasts.subscribe, toasts.list)
  const [held, setHeld] = useState(false)
  return (
    <section
      aria-label="Messages"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-none fixed end-5 bottom-5 z-60 flex w-[min(420px,calc(100vw-32px))] flex-col gap-2 phone:inset-x-4 phone:bottom-[76px] phone:w-auto"
    >
      {shown.map((toast) => (
        <Card key={toast.id} toast={toast} held={held} />
      ))}
    </section>
  )
}

function Card(props: { toast: ShownToast; held: boolean }): ReactNode {
  const { toast, held } = props
  const toasts = useToasts()
  const leftMs = useCountdown({ running: toast.kind === 'done' && !held, onEnd: () => toasts.close(toast.id) })
  const failed = toast.kind === 'failed'
  const act = (): void => {
    toasts.close(toast.id)
    toast.action?.run()
  }
  return (
    <div
      role={failed ? 'alert' : 'status'}
      className={classNames(
        'appear pointer-events-auto flex items-center gap-3 rounded-lg border bg-raised py-[10px] ps-3 pe-2 shadow-2',
        failed ? 'border-danger-line' : 'border-line',
      )}
    >
      {toast.kind === 'working' ? (
        <Ring className="text-ink-3" />
      ) : (
        <Icon
          name={failed ? 'failure' : 'check'}
          className={classNames('shrink-0', failed ? 'text-danger' : 'text-accent-text')}
        />
      )}
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="text-ink">{toast.title}</p>
        {toast.detail !== undefined && <p className="text-meta text-ink-3">{toast.detail}</p>}
      </div>
      {toast.action && (
        <Button size="small" kind={toast.kind === 'working' ? 'text' : 'default'} onClick={act}>
          {toast.action.label}
          {toast.kind === 'done' && <Countdown leftMs={leftMs} />}
        </Button>
      )}
      {toast.kind === 'done' && !toast.action && <Countdown leftMs={leftMs} />}
      {toast.kind !== 'working' && (
        <IconButton icon="close" label="Close message" size="small" onClick={() => toasts.close(toast.id)} />
      )}
    </div>
  )
}

/** The seconds left, for the eye only: a reader would hear each of them. */
function Countdown(props: { leftMs: number }): ReactNode {
  return (
    <span aria-hidden="true" className="w-[2.2ch] text-meta font-normal text-ink-3 tabular-nums">
      {Math.max(1, Math.ceil(props.leftMs / 1000))} s
    </span>
  )
}

function useCountdown(options: { running: boolean; onEnd: () => void }): number {
  const { running, onEnd } = options
  const [leftMs, setLeftMs] = useState(toastMs)
  useEffect(() => {
    if (!running) return undefined
    const timer = setInterval(() => setLeftMs((left) => left - tickMs), tickMs)
    return () => clearInterval(timer)
  }, [running])
  useEffect(() => {
    if (running && leftMs <= 0) onEnd()
  })
  return leftMs
}
