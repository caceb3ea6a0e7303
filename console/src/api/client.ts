import { toProblem } from './problem.ts'
import { createOpenSend, createSessionSend, type Send } from './send.ts'
import { createSession, type AccessGrant, type Session, type SessionPorts } from './session.ts'

/** A person as the server tells it. */
export interface User {
  id: string
  email: string
  full_name: string | null
  scope: 'core' | 'tenant'
  tenant_id: string | null
  is_active: boolean
  is_verified: boolean
  is_owner: boolean
  is_superuser: boolean
  created_at: string
}

/** Everything the console asks of the server; each call rejects with an `ApiProblem`. */
export interface Api {
  session: Session
  /** Begins a session kept by an HttpOnly cookie. */
  signIn(credentials: { email: string; password: string }): Promise<void>
  /** Makes the first superuser with the one-time token and begins a session. */
  setUp(superuser: { token: string; email: string; password: string; full_name?: string }): Promise<void>
  /** Ends the session on the server, then here and in other tabs. */
  signOut(): Promise<void>
  getMe(): Promise<User>
  updateMe(changes: { full_name?: string; password?: string; current_password?: string }): Promise<User>
}

/** Makes the console's only way to the server. */
export function createApi(options: { origin: string; send: Send; ports: Omit<SessionPorts, 'refresh'> }): Api {
  const open = connect({ origin: options.origin, send: createOpenSend(options.send) })
  const session = createSession({ ...options.ports, refresh: () => open<AccessGrant>('POST', '/auth/refresh', {}) })
  const own = connect({ origin: options.origin, send: createSessionSend({ send: options.send, session }) })

  const signIn: Api['signIn'] = async (credentials) => {
    session.begin(await open<AccessGrant>('POST', '/auth/login', { ...credentials, session: 'cookie' }))
  }
  return {
    session,
    signIn,
    setUp: async (superuser) => {
      session.begin(await open<AccessGrant>('POST', '/auth/setup', { ...superuser, session: 'cookie' }))
    },
    signOut: () =>
      session.end(async (accessToken) => {
        const headers = { authorization: `Bearer ${accessToken}` }
        await createOpenSend(options.send)(`${options.origin}/auth/logout`, { method: 'POST', headers })
      }),
    getMe: () => own<User>('GET', '/users/me'),
    updateMe: (changes) => own<User>('PATCH', '/users/me', changes),
  }
}

function connect(options: { origin: string; send: Send }) {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    try {
      const headers = { 'content-type': 'application/json' }
      const response = await options.send(options.origin + path, { method, headers, body: JSON.stringify(body) })
      const data: T = await response.json()
      return data
    } catch (thrown) {
      throw toProblem(thrown)
    }
  }
}
