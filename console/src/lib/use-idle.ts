import { startTransition, useEffect, useState } from 'react'

const latestMs = 2_000

/** Whether the page has come to rest since this was first drawn (after two seconds at most), for what may come later. */
export function useIdle(): boolean {
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    const rest = (): void => startTransition(() => setIdle(true))
    // Safari has no idle callbacks.
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(rest, latestMs / 10)
      return () => clearTimeout(timer)
    }
    const request = requestIdleCallback(rest, { timeout: latestMs })
    return () => cancelIdleCallback(request)
  }, [])
  return idle
}
