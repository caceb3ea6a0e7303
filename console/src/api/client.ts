import { treaty } from '@elysiajs/eden/treaty2'
import type { App } from '../../../server/app.ts'
import { toProblem } from './problem.ts'
import {
  openChatStream,
  stopChatStream,
  type ChatEvent,
  type ChatStreamCall,
  type ChatStreamPlace,
} from './chat-stream.ts'
import { createOpenSend, createSessionSend, type Send } from './send.ts'
import type { UploadCall } from './upload.ts'
import { createSession, type Session, type SessionPorts } from './session.ts'

/** A person as the server tells it. */
export type User = Awaited<ReturnType<Api['getMe']>>

/** Everything the console asks of the server; each call rejects with an `ApiProblem`. */
export type Api = ReturnType<typeof createApi>

/** Makes the console's only way to the server. */
export function createApi(options: { origin: string; send: Send; ports: Omit<SessionPorts, 'refresh'> }) {
  const { origin, send, ports } = options
  const open = connect({ origin, send: createOpenSend(send) })
  const session: Session = createSession({ ...ports, refresh: () => ask(open.auth.refresh.post({})) })
  const ownSend = createSessionSend({ send, session })
  const own = connect({ origin, send: ownSend })

  return {
    session,

    /** Every route of the server, with the session's token. Features wrap calls: `ask(api.server.admin.users.get())`. */
    server: own,

    /** Sends as the session to a path of this server, for what Eden does not do (files, CSV). Rejects with an `ApiProblem`. */
    send: (path: `/${string}`, init?: RequestInit): Promise<Response> => ownSend(new URL(path, origin), init),

    /** Posts a file as the session, telling how far it is. Rejects with an `ApiProblem`, or with the signal's reason. */
    upload: async (call: UploadCall): Promise<Response> => {
      // Few send files: the rest need not load how.
      const { createUploadSend } = await import('./upload.ts')
      return createSessionSend({ send: createUploadSend(call), session })(new URL(call.path, origin), {
        headers: call.contentType === undefined ? {} : { 'content-type': call.contentType },
        signal: call.signal,
      })
    },

    /** Streams an answer of the model, event by event; aborting the signal, or leaving the loop, stops reading. */
    streamChat: (call: ChatStreamCall): AsyncGenerator<ChatEvent> => openChatStream({ ...call, origin, send: ownSend }),

    /** Stops an answer of the model. */
    stopChat: (call: ChatStreamPlace & { streamId: string }): Promise<void> =>
      stopChatStream({ ...call, origin, send: ownSend }),

    /** The routes for everybody, without a session. */
    open,

    /** Begins a session kept by an HttpOnly cookie. */
    signIn: async (credentials: { email: string; password: string }): Promise<void> => {
      session.begin(await ask(open.auth.login.post({ ...credentials, session: 'cookie' })))
    },

    /** Makes the first superuser with the one-time token and begins a session. */
    setUp: async (superuser: { token: string; email: string; password: string; full_name?: string }): Promise<void> => {
      session.begin(await ask(open.auth.setup.post({ ...superuser, session: 'cookie' })))
    },

    /** Ends the session on the server, then here and in other tabs. */
    signOut: (): Promise<void> =>
      session.end(async (accessToken) => {
        const headers = { authorization: `Bearer ${accessToken}` }
        await ask(open.auth.logout.post(undefined, { headers }))
      }),

    /** Who is signed in. */
    getMe: () => ask(own.users.me.get()),

    /** Changes one's own name or password. */
    updateMe: (changes: { full_name?: string; password?: string; current_password?: string }) =>
      ask(own.users.me.patch(changes)),
  }
}

function connect(options: { origin: string; send: Send }) {
  // Bun's type of `fetch` has a method that browsers lack; Eden never calls it.
  const fetcher = Object.assign(options.send, { preconnect: () => undefined })
  return treaty<App>(options.origin, { fetcher, parseDate: false })
}

/** The data of an answer; rejects with an `ApiProblem`. For query functions: `() => ask(api.server.admin.users.get())`. */
export async function ask<Data>(
  call: Promise<{ data: Data; error: null } | { data: null; error: { value: unknown } }>,
): Promise<Data> {
  const { data, error } = await call
  // Eden keeps what `send` threw as the value of its error.
  if (error === null) return data
  throw toProblem(error.value)
}
