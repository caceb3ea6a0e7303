import { useEffect, useState, type ReactNode } from 'react'
import { Button, type ButtonLook } from './button.tsx'
import { Icon } from './icons.tsx'
import { IconButton } from './icon-button.tsx'

const confirmationMs = 2000

/** Copies a text and says so. `words` (“Copy key”) makes it a button with words, else it is a drawing for a toolbar. */
export function CopyButton(
  props: ButtonLook & {
    text: string | (() => string)
    /** What is copied: “id”, “link to this view”. */
    what: string
    words?: string
    icon?: 'copy' | 'link'
  },
): ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), confirmationMs)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = (): void => {
    const text = typeof props.text === 'string' ? props.text : props.text()
    void navigator.clipboard.writeText(text).then(() => setCopied(true))
  }
  // Plain http elsewhere than on this machine has no clipboard.
  const reason = 'clipboard' in navigator ? undefined : 'The browser copies only on https'
  const icon = copied ? 'check' : (props.icon ?? 'copy')
  return (
    <>
      {props.words === undefined ? (
        <IconButton
          icon={icon}
          label={copied ? 'Copied' : `Copy ${props.what}`}
          size={props.size === 'small' ? 'small' : 'medium'}
          reason={reason}
          onClick={copy}
        />
      ) : (
        <Button kind={props.kind} size={props.size} reason={reason} onClick={copy}>
          <Icon name={icon} className={copied ? 'shrink-0 text-accent-text' : 'shrink-0 text-ink-3'} />
          {props.words}
        </Button>
      )}
      <span role="status" className="sr-only fixed top-0">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}

/** Copies the address of what is on the screen; all view state is in it. For a page's head. */
export function CopyLinkButton(): ReactNode {
  return <CopyButton icon="link" what="link to this view" text={() => location.href} />
}
