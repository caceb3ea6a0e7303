import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { View, ViewFields, ViewSearch, ViewState } from './view-state.ts'

/** How a change of the view state enters the history. */
export interface ViewChange {
  /** Typing replaces the address; choosing (the default) adds to the history, so that Back undoes it. */
  typing?: boolean
}

/**
 * The view state of the page shown, from its address, and how to change parts of it. Params of other layouts stay, and
 * so do the focus and the scroll position, unless the view says that the change starts a list anew.
 */
export function useView<Fields extends ViewFields>(
  view: View<Fields>,
): [state: ViewState<Fields>, change: (changes: ViewSearch<Fields>, how?: ViewChange) => void] {
  const search = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = useCallback(
    (changes: ViewSearch<Fields>, how?: ViewChange) => {
      void navigate({
        to: '.',
        search: (old: Record<string, unknown>) => {
          const next = { ...old, ...changes }
          const kept = view.validate(next)
          const dropped = Object.keys(changes).filter((name) => !(name in kept))
          return { ...next, ...kept, ...Object.fromEntries(dropped.map((name) => [name, undefined])) }
        },
        replace: how?.typing ?? false,
        resetScroll: view.startsAnew(changes),
      })
    },
    [navigate, view],
  )
  return [view.fill(search), change]
}
