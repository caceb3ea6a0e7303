import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useCommands, type Command } from './commands.tsx'
import { Icon } from './icons.tsx'
import { KeyCaps } from './key-caps.tsx'

const settleMs = 160

/** The search of a list: tells what was typed once it rests; `/` focuses it, Escape empties it. */
export function SearchField(props: {
  label: string
  value: string
  onSearch: (value: string) => void
  className?: string
}): ReactNode {
  const { value, onSearch } = props
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(value)
  const [told, setTold] = useState(value)
  if (value !== told) {
    // Changed from outside, by Back or “Clear search”: what was typed gives way.
    setTold(value)
    setTyped(value)
  }
  useEffect(() => {
    if (typed === told) return undefined
    const timer = setTimeout(() => {
      setTold(typed)
      onSearch(typed)
    }, settleMs)
    return () => clearTimeout(timer)
  }, [typed, told, onSearch])
  useCommands(
    useMemo(
      (): readonly Command[] => [
        {
          id: 'list.search',
          name: 'Search',
          group: 'In a list',
          keys: '/',
          palette: false,
          run: () => input.current?.select(),
        },
      ],
      [],
    ),
  )
  return (
    <div role="search" className={`relative w-[250px] max-w-full phone:w-auto phone:flex-1 ${props.className ?? ''}`}>
      <Icon name="search" className="pointer-events-none absolute inset-y-0 start-[10px] my-auto text-ink-3" />
      <input
        ref={input}
        type="text"
        inputMode="search"
        aria-label={props.label}
        placeholder={props.label}
        value={typed}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          if (typed === '') event.currentTarget.blur()
          setTyped('')
        }}
        className="field-input h-[var(--h-md)] ps-[32px] pe-[32px]"
      />
      {typed === '' && <KeyCaps keys="/" className="pointer-events-none absolute inset-y-0 end-[8px] items-center" />}
    </div>
  )
}
