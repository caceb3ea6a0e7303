import { createContext, use } from 'react'

/** What is said at the bottom right. */
export interface Toast {
  /** One sentence without a full stop: “Fjord Energy suspended”. */
  title: string
  /** What else to know, such as advice after a failure. */
  detail?: string
  /** `done` goes by itself after 6 s, `working` when it is settled, `failed` only when it is closed. */
  kind: 'done' | 'working' | 'failed'
  /** What undoes it (“Undo”) or leads on (“Compare”, “Show”). Pressing it closes the toast. */
  action?: { label: string; run: () => void }
}

/** A toast that is shown, with its number. */
export interface ShownToast extends Toast {
  id: number
}

/** Shows toasts; one store for the whole console. */
export interface Toasts {
  /** “Done”, with an optional Undo, for 6 s. */
  done(title: string, options?: { detail?: string; undo?: () => void; action?: Toast['action'] }): number
  /** A failure: stays until it is closed. */
  failed(title: string, options?: { detail?: string; action?: Toast['action'] }): number
  /** Work that goes on; replace it by `settle` with how it ended. */
  working(title: string, options?: { action?: Toast['action'] }): number
  /** Replaces a toast in its place. */
  settle(id: number, toast: Toast): void
  close(id: number): void
  /** Forgets all of them: when a session ends, or in tests. */
  clear(): void
  readonly list: () => readonly ShownToast[]
  readonly subscribe: (listener: () => void) => () => void
}

/** How long a `done` toast stays when nobody points at it. */
export const toastMs = 6000

const shownMax = 4

/** Makes an empty store of toasts; the oldest that goes by itself gives way when there are too many. */
export function createToasts(): Toasts {
  let shown: readonly ShownToast[] = []
  let nextId = 1
  const listeners = new Set<() => void>()
  const show = (next: readonly ShownToast[]): void => {
    shown = next
    for (const listener of listeners) listener()
  }
  const add = (toast: Toast): number => {
    const id = nextId++
    const all = [...shown, { ...toast, id }]
    const surplus = all.length > shownMax ? all.find(({ kind }) => kind === 'done') : undefined
    show(surplus ? all.filter((one) => one !== surplus) : all)
    return id
  }
  return {
    done: (title, options = {}) =>
      add({
        kind: 'done',
        title,
        detail: options.detail,
        action: options.undo ? { label: 'Undo', run: options.undo } : options.action,
      }),
    failed: (title, options = {}) => add({ kind: 'failed', title, ...options }),
    working: (title, options = {}) => add({ kind: 'working', title, ...options }),
    settle: (id, toast) => show(shown.map((one) => (one.id === id ? { ...toast, id } : one))),
    close: (id) => show(shown.filter((one) => one.id !== id)),
    clear: () => show([]),
    list: () => shown,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Carries the toasts to the features; the app provides them once. */
export const ToastsContext = createContext<Toasts | undefined>(undefined)

/** The toasts of the console: `toasts.done('Fjord Energy suspended', { undo })`. */
export function useToasts(): Toasts {
  const toasts = use(ToastsContext)
  if (!toasts) throw new Error('useToasts needs a ToastsContext above it')
  return toasts
}
