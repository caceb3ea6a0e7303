import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { gunzipSync } from 'node:zlib'
import { makeSuperuser, makeTenant, makeUser, type Person } from '../../support/people.ts'
import { startApp, type TestApp } from '../../support/start-app.ts'

let app: TestApp
let superuser: Person
let user: Person

beforeAll(async () => {
  app = await startApp({ env: { OFFLINE_MODEL: 'true' } })
  superuser = await makeSuperuser(app)
  await makeTenant(app, superuser, 'acme')
  user = await makeUser(app, superuser, { tenant: 'acme' })
})
afterAll(() => app.stop())

const overview = '/admin/overview?range=30d'

/** The answer as it comes over the wire. */
async function fetchRaw(options: { path: string; token: string; encodings: string }) {
  const answer = await fetch(app.url + options.path, {
    headers: { authorization: `Bearer ${options.token}`, 'accept-encoding': options.encodings },
    decompress: false,
  })
  return { answer, bytes: new Uint8Array(await answer.arrayBuffer()) }
}

describe('answers of JSON', () => {
  test('above 2 kB go out with gzip, smaller by far, the same and with every header', async () => {
    const { token } = superuser
    const plain = await fetchRaw({ path: overview, token, encodings: 'identity' })
    const { answer, bytes } = await fetchRaw({ path: overview, token, encodings: 'br, gzip;q=0.8' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(answer.headers.get('content-type')).toStartWith('application/json')
    expect(answer.headers.get('vary')).toContain('accept-encoding')
    expect(answer.headers.get('x-request-id')).toBeString()
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(bytes.byteLength * 4).toBeLessThan(plain.bytes.byteLength)
    const read = (text: Uint8Array) => JSON.parse(new TextDecoder().decode(text)).series.length
    expect(read(gunzipSync(bytes))).toBe(read(plain.bytes))
    expect(plain.answer.headers.has('content-encoding')).toBeFalse()
  })

  test.each(['identity', 'gzip;q=0', 'br'])('go out as they are to a client that accepts %p', async (encodings) => {
    const { answer, bytes } = await fetchRaw({ path: overview, token: superuser.token, encodings })
    expect(answer.headers.has('content-encoding')).toBeFalse()
    expect(JSON.parse(new TextDecoder().decode(bytes)).series).toBeArray()
  })

  test('that are short are not compressed, tokens among them', async () => {
    const { answer } = await fetchRaw({ path: '/users/me', token: superuser.token, encodings: 'gzip' })
    expect(answer.status).toBe(200)
    expect(answer.headers.has('content-encoding')).toBeFalse()
    const signIn = await fetch(`${app.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
      body: JSON.stringify({ email: superuser.email, password: superuser.password }),
      decompress: false,
    })
    expect(signIn.status).toBe(200)
    expect(signIn.headers.has('content-encoding')).toBeFalse()
  })

  test('leave streams alone: an event is sent when it happens', async () => {
    const stream = await fetch(`${app.url}/chat/stream`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${user.token}`,
        'accept-encoding': 'gzip',
      },
      body: JSON.stringify({ message: 'Hello '.repeat(600) }),
      decompress: false,
    })
    expect(stream.status).toBe(200)
    expect(stream.headers.has('content-encoding')).toBeFalse()
    expect(await stream.text()).toContain('event: done')
  })
})
