import { createContext, use, useEffect, useSyncExternalStore } from 'react'
import { createKeyMatcher, isTypingTarget, type Keys } from '../lib/shortcuts.ts'
import type { IconName } from './icons.tsx'

/** Where a command belongs, in the order of the `?` sheet. */
export const commandGroups = ['Anywhere', 'In a list', 'In a tenant', 'In the prompt'] as const

/** Something that can be done now, by key, from the palette, or both. */
export interface Command {
  /** Unique among the commands: `go.home`, `tenant.test`. */
  id: string
  /** A verb and its object: “Test the connections”; “…” only when a question follows. */
  name: string
  group: (typeof commandGroups)[number]
  /** `Mod+K`, `N`, `G H`, `Shift+T`; without keys only the palette has it. */
  keys?: Keys
  icon?: IconName
  /** Under which head the palette lists it; “Everywhere” when left out, `false` keeps it out (moving in a list). */
  palette?: string | false
  /** Other words it is found by. */
  words?: string
  run: () => void
}

/** The commands of what is on the screen: feeds keys, palette, tooltips and the `?` sheet. */
export interface Commands {
  /** Adds commands; returns how to take them away. */
  add(commands: readonly Command[]): () => void
  readonly list: () => readonly Command[]
  readonly subscribe: (listener: () => void) => () => void
  /** Listens for keys; returns how to stop. */
  listen(target: Window): () => void
}

/** Makes an empty registry. */
export function createCommands(options: { nowMs: () => number }): Commands {
  let all: readonly Command[] = []
  const listeners = new Set<() => void>()
  const matcher = createKeyMatcher(options)
  const replace = (next: readonly Command[]): void => {
    all = next
    for (const listener of listeners) listener()
  }
  const press = (event: KeyboardEvent): void => {
    // An open dialog has the keys for itself, and so has whoever already used this one.
    if (event.defaultPrevented || event.isComposing || event.repeat || document.querySelector('[data-holds-keys]'))
      return
    const withKeys = all.filter((command) => command.keys !== undefined)
    const keys = matcher.press(
      {
        key: event.key,
        metaKey: event.metaKey,
        ctrlKey: event.ctrlKey,
        altKey: event.altKey,
        shiftKey: event.shiftKey,
        typing: isTypingTarget(event.target),
      },
      withKeys.flatMap((command) => command.keys ?? []),
    )
    const command = keys === undefined ? undefined : withKeys.findLast((candidate) => candidate.keys === keys)
    if (!command || (command.keys === 'Enter' && isActive(event.target))) return
    event.preventDefault()
    command.run()
  }
  return {
    add: (commands) => {
      replace([...all, ...commands])
      return () => replace(all.filter((command) => !commands.includes(command)))
    },
    list: () => all,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    listen: (target) => {
      target.addEventListener('keydown', press)
      return () => target.removeEventListener('keydown', press)
    },
  }
}

/** Carries the commands to the features; the app provides them once. */
export const CommandsContext = createContext<Commands | undefined>(undefined)

/** The registry itself, for palette and sheet. */
export function useCommandRegistry(): Commands {
  const commands = use(CommandsContext)
  if (!commands) throw new Error('useCommands needs a CommandsContext above it')
  return commands
}

/**
 * Offers commands as long as the component is shown. Memoise the array (`useMemo`), or it is registered anew at each
 * render. Later commands win over earlier ones with the same keys.
 */
export function useCommands(commands: readonly Command[]): void {
  const registry = useCommandRegistry()
  useEffect(() => registry.add(commands), [registry, commands])
}

/** Every command there is now. */
export function useCommandList(): readonly Command[] {
  const registry = useCommandRegistry()
  return useSyncExternalStore(registry.subscribe, registry.list)
}

/** Whether Enter already means something where the focus is. */
function isActive(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, summary, [role=button]') !== null
}
