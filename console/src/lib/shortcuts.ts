/** One press: a key by its `KeyboardEvent.key` in lower case, with ⌘ (Ctrl elsewhere) or ⇧. */
export interface Press {
  key: string
  mod: boolean
  shift: boolean
}

/** What of a `KeyboardEvent` counts. */
export interface KeyPress {
  key: string
  metaKey: boolean
  ctrlKey: boolean
  altKey: boolean
  shiftKey: boolean
  /** True when text is being written where the key was pressed. */
  typing: boolean
}

/** A shortcut as it is written in code: `Mod+K`, `Shift+D`, `/`, `Enter`, or a sequence such as `G H`. */
export type Keys = string

const sequenceMs = 1200
const names: Record<string, string> = { enter: '↵', escape: 'esc', arrowup: '↑', arrowdown: '↓', shift: '⇧' }

/** Reads `Mod+K` or `G H` into presses. */
export function parseKeys(keys: Keys): readonly Press[] {
  return keys.split(' ').map((press) => {
    const parts = press.toLowerCase().split('+')
    const key = parts.at(-1) ?? ''
    return { key, mod: parts.includes('mod'), shift: parts.includes('shift') && parts.length > 1 }
  })
}

/** The caps to draw for a shortcut: `Mod+K` is ⌘ K on a Mac and Ctrl K elsewhere. */
export function describeKeys(keys: Keys, isMac: boolean): readonly string[] {
  return parseKeys(keys).flatMap(({ key, mod, shift }) => [
    ...(mod ? [isMac ? '⌘' : 'Ctrl'] : []),
    ...(shift ? ['⇧'] : []),
    names[key] ?? key.toUpperCase(),
  ])
}

/** A shortcut for `aria-keyshortcuts`; sequences have no notation there. */
export function toAriaKeys(keys: Keys, isMac: boolean): string | undefined {
  const [press, ...more] = parseKeys(keys)
  if (!press || more.length > 0) return undefined
  const key = press.key.length === 1 ? press.key.toUpperCase() : press.key
  return [press.mod && (isMac ? 'Meta' : 'Control'), press.shift && 'Shift', key].filter(Boolean).join('+')
}

/** Remembers the first key of a sequence and finds what a press means. */
export interface KeyMatcher {
  /** The shortcut that this press completes; undefined when there is none (yet). */
  press(pressed: KeyPress, shortcuts: readonly Keys[]): Keys | undefined
}

/**
 * Makes a matcher. A sequence has 1.2 s between its keys. Without ⌘ nothing matches while somebody writes; Alt never
 * matches, since it makes letters on many keyboards. Of two equal shortcuts the later one wins.
 */
export function createKeyMatcher(options: { nowMs: () => number }): KeyMatcher {
  let begun: { pressed: Press[]; untilMs: number } | undefined
  return {
    press: (pressed, shortcuts) => {
      const modifier = ['shift', 'control', 'meta', 'alt'].includes(pressed.key.toLowerCase())
      if (modifier || pressed.altKey) return undefined
      const press = { key: pressed.key.toLowerCase(), mod: pressed.metaKey || pressed.ctrlKey, shift: pressed.shiftKey }
      if (pressed.typing && !press.mod) {
        begun = undefined
        return undefined
      }
      const before = begun && options.nowMs() <= begun.untilMs ? begun.pressed : []
      begun = undefined
      for (const sequence of before.length > 0 ? [[...before, press], [press]] : [[press]]) {
        const starting = shortcuts.filter((keys) => startsWith(parseKeys(keys), sequence))
        const whole = starting.findLast((keys) => parseKeys(keys).length === sequence.length)
        if (whole !== undefined) return whole
        if (starting.length === 0) continue
        begun = { pressed: sequence, untilMs: options.nowMs() + sequenceMs }
        return undefined
      }
      return undefined
    },
  }
}

/** Whether text is written where an event arose: fields, editors and lists that find entries by letters. */
export function isTypingTarget(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('[role=menu], [role=listbox]') !== null) return true
  if (target instanceof HTMLInputElement)
    return !['button', 'checkbox', 'radio', 'range', 'reset', 'submit'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

function startsWith(all: readonly Press[], some: readonly Press[]): boolean {
  return some.every((press, at) => {
    const wanted = all[at]
    if (wanted?.key !== press.key || wanted.mod !== press.mod) return false
    // “?” or “[” need Shift on some keyboards and not on others: only letters tell it apart.
    return /^[a-z]$/.test(press.key) ? wanted.shift === press.shift : true
  })
}
