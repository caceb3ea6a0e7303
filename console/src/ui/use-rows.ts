import { useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react'
import { findRowsInSight } from '../lib/rows-in-sight.ts'
import { useCommands, type Command } from './commands.tsx'

const windowedBeyond = 100
const nearEndPx = 1200

/** The rows to draw and the space of those above and below: all of them up to 100, then only those in sight. */
export function useWindowedRows<Row>(options: {
  rows: readonly Row[]
  body: RefObject<HTMLElement | null>
  heightPx: number
}): { shown: { row: Row; index: number }[]; before: number; after: number } {
  const { rows, body, heightPx } = options
  const count = rows.length
  const windowed = count > windowedBeyond
  const [seen, setSeen] = useState({ scrolledPx: 0, seenPx: 0 })
  useLayoutEffect(() => {
    const [element, scroller] = [body.current, body.current?.closest('main')]
    if (!element || !scroller || !windowed) return undefined
    const look = (): void => {
      const scrolledPx = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top
      const next = { scrolledPx, seenPx: scroller.clientHeight }
      setSeen((old) => (isSameWindow({ old, next, count, heightPx }) ? old : next))
    }
    look()
    scroller.addEventListener('scroll', look, { passive: true })
    const observer = new ResizeObserver(look)
    observer.observe(scroller)
    return () => {
      scroller.removeEventListener('scroll', look)
      observer.disconnect()
    }
  }, [body, windowed, count, heightPx])
  if (!windowed) return { shown: rows.map((row, index) => ({ row, index })), before: 0, after: 0 }
  const { first, end } = findRowsInSight({ count, heightPx, ...seen })
  return {
    shown: rows.slice(first, end).map((row, at) => ({ row, index: first + at })),
    before: first * heightPx,
    after: (count - end) * heightPx,
  }
}

interface Seen {
  scrolledPx: number
  seenPx: number
}

function isSameWindow(options: { old: Seen; next: Seen; count: number; heightPx: number }): boolean {
  const { old, next, ...list } = options
  const [before, after] = [findRowsInSight({ ...list, ...old }), findRowsInSight({ ...list, ...next })]
  return before.first === after.first && before.end === after.end
}

/** Calls back when the marked element comes within 1,200 px of what is seen. */
export function useEndReached(onEndNear: (() => void) | undefined): RefObject<HTMLDivElement | null> {
  const end = useRef<HTMLDivElement>(null)
  const latest = useRef(onEndNear)
  useEffect(() => {
    latest.current = onEndNear
  })
  const enabled = onEndNear !== undefined
  useEffect(() => {
    const element = end.current
    if (!element || !enabled) return undefined
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) latest.current?.()
      },
      { root: element.closest('main'), rootMargin: `0px 0px ${nearEndPx}px 0px` },
    )
    observer.observe(element)
    return () => observer.disconnect()
  })
  return end
}

/** J, K and ↵ for a list: which row is current, by index, and how to change it. */
export function useListKeys(options: {
  enabled: boolean
  count: number
  body: RefObject<HTMLElement | null>
  heightPx: number
}): { current: number | undefined; setCurrent: (index: number) => void } {
  const { enabled, count, body, heightPx } = options
  const [chosen, setChosen] = useState<number>()
  const current = chosen === undefined || count === 0 ? undefined : Math.min(chosen, count - 1)
  const state = useRef({ current, count })
  useEffect(() => {
    state.current = { current, count }
  })
  const commands = useMemo((): readonly Command[] => {
    if (!enabled) return []
    const move = (step: 1 | -1): void => {
      const { current, count } = state.current
      const next = Math.max(0, Math.min(count - 1, current === undefined ? 0 : current + step))
      setChosen(next)
      const [list, scroller] = [body.current, body.current?.closest('main')]
      if (!list || !scroller) return
      const top = list.getBoundingClientRect().top - scroller.getBoundingClientRect().top + next * heightPx
      const headPx = 120
      if (top < headPx) scroller.scrollBy({ top: top - headPx })
      else if (top + heightPx * 2 > scroller.clientHeight)
        scroller.scrollBy({ top: top + heightPx * 2 - scroller.clientHeight })
    }
    const open = (): void => {
      const row = body.current?.querySelector(`[data-row="${state.current.current ?? -1}"]`)
      row?.querySelector<HTMLElement>('[data-row-link]')?.click()
    }
    return [
      { id: 'list.next', name: 'Next row', group: 'In a list', keys: 'J', palette: false, run: () => move(1) },
      { id: 'list.previous', name: 'Previous row', group: 'In a list', keys: 'K', palette: false, run: () => move(-1) },
      { id: 'list.open', name: 'Open', group: 'In a list', keys: 'Enter', palette: false, run: open },
    ]
  }, [enabled, body, heightPx])
  useCommands(commands)
  return { current, setCurrent: setChosen }
}
