import { readProblem } from './problem.ts'
import type { Session } from './session.ts'

/** `fetch` without its extras: what a call goes through. */
export type Send = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

const refusedTokenCodes = new Set(['auth.token_invalid', 'auth.token_stale'])

/** Wraps `send` so that every answer but 2xx rejects with an `ApiProblem`. */
export function createOpenSend(send: Send): Send {
  return async (input, init) => {
    const response = await send(input, init)
    if (!response.ok) throw await readProblem(response)
    return response
  }
}

/**
 * Wraps `send` with the session: the token goes along, and when the server refuses it the call is repeated once with a
 * renewed one. A second refusal ends the session.
 */
export function createSessionSend(options: { send: Send; session: Session }): Send {
  const { send, session } = options
  const sendAs = (token: string, input: Parameters<Send>[0], init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${token}`)
    return send(input, { ...init, headers })
  }
  return async (input, init) => {
    const token = await session.getAccessToken()
    const first = await sendAs(token, input, init)
    if (first.ok) return first
    const refusal = await readProblem(first)
    if (first.status !== 401 || !refusedTokenCodes.has(refusal.code)) throw refusal
    const second = await sendAs(await session.replaceAccessToken(token), input, init)
    if (second.ok) return second
    const problem = await readProblem(second)
    if (second.status === 401 && refusedTokenCodes.has(problem.code)) session.expire()
    throw problem
  }
}
