import type { SessionPorts, TabMessage } from './session.ts'

const markKey = 'tenantry.signed_in'
const tabsName = 'tenantry.session'
const messageArrivalMs = 30

/** The browser's own storage, tabs, locks and clock for a session. Without Web Locks (plain http) tabs renew alone. */
export function createBrowserPorts(): Omit<SessionPorts, 'refresh'> {
  const channel = new BroadcastChannel(tabsName)
  return {
    mark: createMark(),
    tabs: {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this channel is same-origin by nature
      send: (message) => channel.postMessage(message),
      listen: (receive) =>
        channel.addEventListener('message', (event: MessageEvent<unknown>) => {
          if (isTabMessage(event.data)) receive(event.data)
        }),
    },
    exclusively: workExclusively,
    nowMs: () => Date.now(),
  }
}

/**
 * Runs work under a lock of all tabs. Whoever had to wait also waits for what the one before has just sent: messages and
 * locks take different ways between tabs.
 */
async function workExclusively<T>(work: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return work()
  const atOnce = await navigator.locks.request(tabsName, { ifAvailable: true }, async (lock) =>
    lock ? { result: await work() } : undefined,
  )
  if (atOnce) return atOnce.result
  return navigator.locks.request(tabsName, async () => {
    await new Promise((resolve) => setTimeout(resolve, messageArrivalMs))
    return work()
  })
}

/** The mark in localStorage; where storage is closed, it lasts as long as the page. */
function createMark(): SessionPorts['mark'] {
  let kept = false
  const attempt = <T>(access: () => T, otherwise: T): T => {
    try {
      return access()
    } catch {
      return otherwise
    }
  }
  return {
    isSet: () => attempt(() => localStorage.getItem(markKey) === '1', kept),
    set: () => {
      kept = true
      attempt(() => localStorage.setItem(markKey, '1'), undefined)
    },
    clear: () => {
      kept = false
      attempt(() => localStorage.removeItem(markKey), undefined)
    },
  }
}

function isTabMessage(value: unknown): value is TabMessage {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  if (value.kind === 'ended') return 'reason' in value && (value.reason === 'expired' || value.reason === 'signed-out')
  const hasToken = 'accessToken' in value && typeof value.accessToken === 'string'
  const hasEnd = 'expiresAtMs' in value && typeof value.expiresAtMs === 'number'
  return (value.kind === 'began' || value.kind === 'renewed') && hasToken && hasEnd
}
