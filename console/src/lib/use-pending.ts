import { useEffect, useRef, useState } from 'react'

const shownAfterMs = 200
const keptForMs = 300

/**
 * Whether to show a skeleton for something that is pending: not for the first 200 ms, then for at least 300 ms, so that
 * nothing flashes.
 */
export function usePending(pending: boolean): boolean {
  const [shown, setShown] = useState(false)
  const shownAt = useRef(0)
  useEffect(() => {
    if (pending === shown) return undefined
    const waitMs = pending ? shownAfterMs : Math.max(0, shownAt.current + keptForMs - performance.now())
    const timer = setTimeout(() => {
      shownAt.current = performance.now()
      setShown(pending)
    }, waitMs)
    return () => clearTimeout(timer)
  }, [pending, shown])
  return shown
}
