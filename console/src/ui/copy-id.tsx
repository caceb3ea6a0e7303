import { useEffect, useState, type ReactNode } from 'react'
import { Icon } from './icons.tsx'

const confirmationMs = 2000

/** An id in monospace with a button that copies it; plain, selectable text where the browser forbids copying. */
export function CopyId(props: { id: string; what: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), confirmationMs)
    return () => clearTimeout(timer)
  }, [copied])
  const text = <span className="font-mono text-meta break-all">{props.id}</span>
  if (!('clipboard' in navigator)) return <span className="text-ink-2 select-all">{text}</span>
  return (
    <span className="inline-flex min-w-0 items-center">
      <button
        type="button"
        title={`Copy ${props.what}`}
        onClick={() => void navigator.clipboard.writeText(props.id).then(() => setCopied(true))}
        className="-mx-1 inline-flex min-h-[24px] items-center gap-2 rounded-sm px-1 text-start text-ink-2 hover:bg-hover hover:text-ink"
      >
        <Icon
          name={copied ? 'check' : 'copy'}
          className={copied ? 'shrink-0 text-accent-text' : 'shrink-0 text-ink-3'}
        />
        {text}
      </button>
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </span>
  )
}
