import { type BenchTenant, type Pace, paces, type Stage } from './stage.ts'

/** A whole HTTP/1.1 request, in ASCII. */
export function writeRequest(options: {
  method: string
  url: string
  headers?: Record<string, string>
  body?: object
}): string {
  const { pathname, search, host } = new URL(options.url)
  const body = options.body ? JSON.stringify(options.body) : ''
  const lines = [
    `${options.method} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ...(options.body ? ['content-type: application/json', `content-length: ${body.length}`] : []),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The load job's address of a URL. */
export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

/** Something that streams answers. */
export interface StreamTarget {
  name: 'upstream' | 'pass-through' | 'server'
  url: string
  pid: number
  endMark: string
  requests: string[]
}

/** The first token of every answer, as the fake words it. */
export const firstMark = 'word0 '

const question = 'What do the documents say about the opening hours on Sundays?'

/** The upstream itself, the pass-through and the product, asked the same at one pace. */
export function streamTargets(stage: Stage, pace: Pace): Record<StreamTarget['name'], StreamTarget> {
  const upstream = stage.upstreams[pace]
  const { passThrough, product } = stage
  const completion = { model: 'bench', stream: true, messages: [{ role: 'user', content: question }] }
  const direct = (url: string): string[] => [
    writeRequest({ method: 'POST', url, headers: { authorization: 'Bearer bench' }, body: completion }),
  ]
  const end = 'data: [DONE]'
  const url = `${upstream.url}/chat/completions`
  const passed = `${passThrough.url}/${paces.indexOf(pace)}`
  return {
    upstream: { name: 'upstream', url, pid: upstream.pid, endMark: end, requests: direct(url) },
    'pass-through': {
      name: 'pass-through',
      url: passed,
      pid: passThrough.pid,
      endMark: end,
      requests: direct(passed),
    },
    server: {
      name: 'server',
      url: product.url,
      pid: product.pid,
      endMark: 'event: done',
      requests: chatRequests(product.url, stage.tenants[pace]),
    },
  }
}

/** Turns of all members: every second one goes on in a conversation of its own, the others begin one. */
export function chatRequests(url: string, tenant: BenchTenant): string[] {
  return tenant.sessions.flatMap((session, n) => {
    const headers = { authorization: tenant.members[n % tenant.members.length]?.token ?? '' }
    const target = { method: 'POST', url: `${url}/chat/stream`, headers }
    return [
      writeRequest({ ...target, body: { message: question, session_id: session } }),
      writeRequest({ ...target, body: { message: question } }),
    ]
  })
}
