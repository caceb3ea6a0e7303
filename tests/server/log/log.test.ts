import { expect, test } from 'bun:test'
import { createLog, type Log } from '../../../server/platform/log.ts'

function record(): { log: Log; lines: string[] } {
  const lines: string[] = []
  return { lines, log: createLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } }) }
}

test('secrets are redacted at the first three depths, in lists too, and the logged object stays as it was (B7)', () => {
  const { log, lines } = record()
  const fields = {
    password: 'CANARY',
    tenant: { id: 'acme', model_api_key: 'CANARY', settings: { token: 'CANARY', top_k: 5 } },
    list: [{ secret: 'CANARY', n: 1 }],
    at: new Date(0),
    nothing: null,
  }
  log.info(fields, 'saved')
  expect(lines.join('')).not.toContain('CANARY')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    password: '[redacted]',
    tenant: { id: 'acme', model_api_key: '[redacted]', settings: { token: '[redacted]', top_k: 5 } },
    list: [{ secret: '[redacted]', n: 1 }],
    at: '1970-01-01T00:00:00.000Z',
    nothing: null,
    msg: 'saved',
  })
  expect(fields.tenant.settings.token).toBe('CANARY')
})

test('the password of a connection string is cut from errors and their causes (B7)', () => {
  const { log, lines } = record()
  const cause = new Error('postgres://role:CANARY@host/db is down')
  log.error({ err: new Error('could not connect', { cause }) }, 'failed')
  expect(lines.join('')).not.toContain('CANARY')
  expect(JSON.parse(lines[0] ?? '').err.cause.message_text).toBe('postgres://[redacted]@host/db is down')
})

test('what was logged before an exit, a fatal line or an uncaught error is on stdout, in order', async () => {
  const module = JSON.stringify(new URL('../../../server/platform/log.ts', import.meta.url).pathname)
  const endings = [
    'process.exit(0)',
    "log.fatal('over'); process.kill(process.pid, 'SIGKILL')",
    "throw new Error('boom')",
  ]
  for (const ending of endings) {
    const script = `const { createLog } = await import(${module}); const log = createLog({ level: 'info' })
      for (let n = 0; n < 50; n++) { log.info({ n }, 'line'); if (n % 7 === 0) await Bun.sleep(1) }
      ${ending}`
    const child = Bun.spawn([process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    const lines = (await new Response(child.stdout).text()).trim().split('\n')
    const numbers = lines.flatMap((line) => JSON.parse(line).n ?? [])
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n))
  }
})
