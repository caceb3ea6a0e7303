import { useRef, type ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icons.tsx'

/** What can be read, for the system's own dialog. */
const accepted = '.pdf,.docx,.html,.htm,.md,.markdown,.txt,.csv'

/** A button that asks for files by the system's own dialog. */
export function ChooseFiles(props: {
  primary?: boolean
  many?: boolean
  keys?: 'N'
  icon?: boolean
  disabled?: boolean
  children: ReactNode
  onFiles: (files: File[]) => void
}): ReactNode {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple={props.many}
        accept={accepted}
        data-choose-files={props.keys ? '' : undefined}
        onChange={(event) => {
          props.onFiles([...(event.target.files ?? [])])
          // The same file may be chosen once more.
          event.target.value = ''
        }}
      />
      <Button
        kind={props.primary ? 'primary' : undefined}
        keys={props.keys}
        disabled={props.disabled}
        onClick={() => input.current?.click()}
      >
        {props.icon && <Icon name="upload" className="shrink-0" />}
        {props.children}
      </Button>
    </>
  )
}
