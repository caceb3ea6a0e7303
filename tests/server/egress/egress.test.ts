import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { createEgress, type Egress, type EgressOptions } from '../../../server/platform/egress.ts'

/** A private authority and a server of two names, made by `certificates/make.sh`; valid for 100 years. */
const certificates = new URL('../../support/certificates/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, certificates), 'utf8')
const certificateAuthority = read('authority.pem')

interface Hit {
  host: string | undefined
  serverName: unknown
  remotePort: number | undefined
}

const hits: Hit[] = []
let plain: Bun.Server<undefined>
let secure: Server
let securePort = 0

beforeAll(async () => {
  plain = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      hits.push({ host: request.headers.get('host') ?? undefined, serverName: undefined, remotePort: undefined })
      const { pathname } = new URL(request.url)
      const status = Number(pathname.slice(1))
      if (status >= 300) return new Response('CANARY', { status, headers: { location: 'http://169.254.169.254/' } })
      return Response.json(Object.fromEntries(request.headers))
    },
  })
  secure = createServer({ key: read('server.key'), cert: read('server.pem') }, (request, response) => {
    const { socket } = request
    hits.push({
      host: request.headers.host,
      serverName: 'servername' in socket ? socket.servername : undefined,
      remotePort: socket.remotePort,
    })
    response.end('secure')
  })
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', () => resolve()))
  const address = secure.address()
  securePort = typeof address === 'object' && address !== null ? address.port : 0
})
beforeEach(() => {
  hits.length = 0
})
afterAll(async () => {
  await plain.stop(true)
  secure.closeAllConnections()
  secure.close()
})

function makeEgress(options: Partial<EgressOptions> = {}): { egress: Egress; lookups: string[] } {
  const lookups: string[] = []
  const lookup = options.lookup ?? (() => Promise.resolve(['127.0.0.1']))
  const egress = createEgress({
    allowLoopback: true,
    ...options,
    lookup: (host) => {
      lookups.push(host)
      return lookup(host)
    },
  })
  return { egress, lookups }
}

async function failOf(work: Promise<unknown>): Promise<{ code: unknown; reason: unknown; text: string }> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const extensions = 'extensions' in error && typeof error.extensions === 'object' ? error.extensions : {}
    return {
      code: 'code' in error ? error.code : error.name,
      reason: extensions !== null && 'reason' in extensions ? extensions.reason : undefined,
      text: error.message,
    }
  }
  throw new Error('it was answered')
}

describe('C1: addresses at connect', () => {
  test('C1: a name that resolves to a private address is refused, with 0 hits on the listener', async () => {
    for (const address of [
      '127.0.0.1',
      '::1',
      '10.0.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '::ffff:127.0.0.1',
      '0.0.0.0',
    ]) {
      const { egress } = makeEgress({ allowLoopback: false, lookup: () => Promise.resolve([address]) })
      const failure = await failOf(egress.fetch(`https://innocent.example.com:${securePort}/`))
      expect(failure.code).toBe('egress.address_refused')
    }
    expect(hits).toHaveLength(0)
  })

  test('C1: one private address among public ones refuses the name', async () => {
    const { egress } = makeEgress({ allowLoopback: false, lookup: () => Promise.resolve(['8.8.8.8', '127.0.0.1']) })
    expect((await failOf(egress.fetch('https://innocent.example.com/'))).code).toBe('egress.address_refused')
  })

  test('C1: metadata addresses are refused even where loopback is allowed', async () => {
    const { egress } = makeEgress({ lookup: () => Promise.resolve(['169.254.169.254']) })
    expect((await failOf(egress.fetch('http://innocent.example.com/'))).code).toBe('egress.address_refused')
    expect((await failOf(egress.fetch('http://169.254.169.254/'))).code).toBe('egress.address_refused')
  })

  test('C1: plain http to a public address is refused even where loopback is allowed', async () => {
    const { egress } = makeEgress({ lookup: () => Promise.resolve(['8.8.8.8']) })
    expect((await failOf(egress.fetch('http://innocent.example.com/'))).code).toBe('egress.address_refused')
  })

  test('C1: rebinding reaches nothing: the address that was checked is the address that is called', async () => {
    // The second answer would be a public address; if anything resolved the name again, the call would not arrive here.
    const answers = [['127.0.0.1'], ['8.8.8.8']]
    const { egress, lookups } = makeEgress({ lookup: () => Promise.resolve(answers.shift() ?? []) })
    const response = await egress.fetch(`http://innocent.example.com:${plain.port}/`)
    expect(response.status).toBe(200)
    expect(lookups).toEqual(['innocent.example.com'])
    expect(hits).toMatchObject([{ host: `innocent.example.com:${plain.port}` }])
  })

  test('C1: literal addresses cost no look-up, names one in 30 s', async () => {
    let nowMs = 0
    const clock = { now: () => new Date(), monotonicMs: () => nowMs }
    const { egress, lookups } = makeEgress({ clock })
    await egress.fetch(`http://127.0.0.1:${plain.port}/`)
    expect(lookups).toHaveLength(0)
    for (nowMs of [0, 10_000, 29_999]) await egress.fetch(`http://a.example.com:${plain.port}/`)
    expect(lookups).toHaveLength(1)
    nowMs = 30_001
    await egress.fetch(`http://a.example.com:${plain.port}/`)
    expect(lookups).toHaveLength(2)
  })

  test('C1: a name that does not resolve is unreachable, and is asked for again', async () => {
    const { egress, lookups } = makeEgress({ lookup: () => Promise.reject(new Error('ENOTFOUND CANARY')) })
    for (let n = 0; n < 2; n += 1) {
      const failure = await failOf(egress.fetch('https://nowhere.example.com/'))
      expect(failure).toMatchObject({ code: 'egress.unreachable', reason: 'dns' })
      expect(failure.text).not.toContain('CANARY')
    }
    expect(lookups).toHaveLength(2)
  })

  test('C4: a look-up that hangs ends with the signal', async () => {
    const { egress } = makeEgress({ lookup: () => new Promise(() => undefined) })
    const failure = await failOf(egress.fetch('https://slow.example.com/', { signal: AbortSignal.timeout(50) }))
    expect(failure.code).toBe(DOMException.TIMEOUT_ERR)
  })

  test('the next address is tried when the first refuses the connection', async () => {
    const { egress } = makeEgress({ lookup: () => Promise.resolve(['127.0.0.9', '127.0.0.1']) })
    const response = await egress.fetch(`http://two.example.com:${plain.port}/`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(200)
  })
})

describe('C1: redirects and headers', () => {
  test('C1: every redirect is refused, for trusted addresses too', async () => {
    const { egress } = makeEgress()
    for (const status of [301, 302, 303, 307, 308]) {
      for (const trusted of [false, true]) {
        const failure = await failOf(egress.fetch(`http://127.0.0.1:${plain.port}/${status}`, { trusted }))
        expect(failure).toMatchObject({ code: 'egress.redirect_refused', reason: 'redirect' })
        expect(failure.text).not.toContain('169.254')
      }
    }
  })

  test('C1: a trusted address skips the check, and only it', async () => {
    const { egress, lookups } = makeEgress({ allowLoopback: false })
    const url = `http://127.0.0.1:${plain.port}/`
    expect((await egress.fetch(url, { trusted: true })).status).toBe(200)
    expect((await failOf(egress.fetch(url))).code).toBe('egress.address_refused')
    expect(lookups).toHaveLength(0)
    expect(hits).toHaveLength(1)
  })

  test('the request arrives as it was given, without compression asked for', async () => {
    const { egress } = makeEgress()
    const url = `http://x.example.com:${plain.port}/`
    const given: RequestInit = { method: 'POST', body: 'hi', headers: { authorization: 'Bearer k', 'x-a': 'b' } }
    for (const response of [await egress.fetch(url, given), await egress.fetch(new Request(url, given))]) {
      const seen: unknown = await response.json()
      expect(seen).toMatchObject({
        authorization: 'Bearer k',
        'x-a': 'b',
        'accept-encoding': 'identity',
        'content-length': '2',
      })
    }
  })

  test('a server that is not there is unreachable, without its address in the text', async () => {
    const { egress } = makeEgress()
    const failure = await failOf(egress.fetch('http://127.0.0.1:9/'))
    expect(failure).toMatchObject({ code: 'egress.unreachable', reason: 'connection' })
    expect(failure.text).not.toContain('127.0.0.1')
  })
})

describe('C1: TLS to a pinned address', () => {
  test('C1: the name is what SNI, Host and the certificate check see, and the connection is used again', async () => {
    const { egress } = makeEgress({ certificateAuthority })
    for (const name of ['one.example.test', 'two.example.test', 'one.example.test', 'two.example.test']) {
      const response = await egress.fetch(`https://${name}:${securePort}/`)
      expect(await response.text()).toBe('secure')
    }
    const names = ['one.example.test', 'two.example.test']
    expect(hits.map(({ serverName }) => serverName)).toEqual([...names, ...names])
    expect(hits.map(({ host }) => host)).toEqual([...names, ...names].map((name) => `${name}:${securePort}`))
    // One connection for each name, never one for both: they may belong to different tenants.
    expect(hits[0]?.remotePort).toBe(hits[2]?.remotePort ?? -1)
    expect(hits[1]?.remotePort).toBe(hits[3]?.remotePort ?? -1)
    expect(hits[0]?.remotePort).not.toBe(hits[1]?.remotePort ?? -1)
  })

  test('C1: a certificate of another name or authority is refused, nothing is sent', async () => {
    const { egress } = makeEgress({ certificateAuthority })
    const other = await failOf(
      egress.fetch(`https://three.example.test:${securePort}/`, { headers: { authorization: 'k' } }),
    )
    expect(other).toMatchObject({ code: 'egress.unreachable', reason: 'tls' })
    const unknown = await failOf(makeEgress().egress.fetch(`https://one.example.test:${securePort}/`))
    expect(unknown).toMatchObject({ code: 'egress.unreachable', reason: 'tls' })
    expect(hits).toHaveLength(0)
  })
})
