import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Attempt } from '../../console/src/api/problem-words.ts'
import { ApiProblem, describeProblem, findRefusals, readProblem, toProblem } from '../../console/src/api/problem.ts'

const attempts: Attempt[] = ['sign-in', 'set-up', 'other']
const codes = [
  'auth.invalid_credentials 401',
  'auth.token_invalid 401',
  'auth.token_stale 401',
  'auth.forbidden 403',
  'auth.setup_token_invalid 401',
  'scope.core_required 403',
  'tenant.inactive 403',
  'tenant.not_found 404',
  'tenant.dedicated_unavailable 409',
  'tenant.database_in_use 409',
  'tenant.migrating 503',
  'organization.limit_reached 409',
  'user.inactive 403',
  'user.email_taken 409',
  'user.not_found 404',
  'user.last_superuser 409',
  'user.not_verified 403',
  'user.unverified 409',
  'limit.requests_per_minute 429',
  'limit.mails 429',
  'limit.password_guesses 429',
  'request.malformed 400',
  'request.invalid 422',
  'server.busy 503',
  'server.error 500',
  'network.unreachable 0',
  'network.unreadable 502',
  'something.unheard_of 418',
].map((line) => line.split(' '))

describe('what a person is told', () => {
  test.each(codes)('%s is told as what happened and what to do, never as a code', (code = '', status) => {
    for (const attempt of attempts) {
      const problem = new ApiProblem({ status: Number(status), code, detail: 'The detail of the server.' })
      const { title, advice } = describeProblem({ problem, attempt })
      for (const sentence of [title, advice]) {
        expect(sentence).toMatch(/^[A-Z].*\.$/)
        expect(sentence).not.toContain(code)
        expect(sentence).not.toMatch(/\b[a-z]+\.[a-z_]+\b|\b[45]\d\d\b/)
      }
    }
  })

  test('a switched-off account is told apart from a request that may not be made', () => {
    const tell = (code: string) =>
      describeProblem({ problem: new ApiProblem({ status: 403, code, detail: '' }), attempt: 'sign-in' }).title
    expect(tell('user.inactive')).toBe('This account is deactivated.')
    expect(tell('auth.forbidden')).toBe('Your account may not do this.')
  })

  test('the text of a server failure is not shown', () => {
    const problem = new ApiProblem({ status: 500, code: 'server.error', detail: 'relation "users" does not exist' })
    expect(JSON.stringify(describeProblem({ problem, attempt: 'other' }))).not.toContain('relation')
  })

  test('a wait is told with its end, and never too short', () => {
    const tell = (retryAfterSeconds?: number): string => {
      const occurredAt = new Date(2026, 10, 21, 14, 18, 30)
      const problem = new ApiProblem({ status: 429, code: 'limit.x', detail: '', retryAfterSeconds, occurredAt })
      return describeProblem({ problem, attempt: 'sign-in' }).advice
    }
    expect(tell(7.2)).toBe('Wait 8 seconds, then try again.')
    expect(tell(840)).toBe('Try again at 14:33, in 14 minutes.')
    expect(tell(871)).toBe('Try again at 14:34, in 15 minutes.')
    expect(tell()).toBe('Wait a few minutes, then try again.')
  })
})

describe('reading a failed answer', () => {
  test('a problem object is read with its request id, wait and fields', async () => {
    const body = {
      code: 'request.invalid',
      detail: 'No.',
      request_id: 'r1',
      errors: [{ path: '/email', message: 'x' }, 7],
    }
    const problem = await readProblem(Response.json(body, { status: 422, headers: { 'retry-after': '9' } }))
    expect(problem).toMatchObject({ status: 422, code: 'request.invalid', requestId: 'r1', retryAfterSeconds: 9 })
    expect(problem.refusedFields).toEqual([{ path: '/email', message: 'x' }])
  })

  test.each(['<html>502</html>', '', '[]', '"x"', '{"code": 7}'])(
    '%p is an answer that could not be read',
    async (body) => {
      const problem = await readProblem(new Response(body, { status: 502, headers: { 'x-request-id': 'r2' } }))
      expect(problem).toMatchObject({ status: 502, code: 'network.unreadable', requestId: 'r2' })
    },
  )

  test('refused fields are found by the names of a form, however the path is written', () => {
    const refusedFields = ['email', '/email', 'body.email', 'other', ''].map((path) => ({
      path,
      message: 'must be an e-mail address',
    }))
    const problem = new ApiProblem({ status: 422, code: 'request.invalid', detail: '', refusedFields })
    const refusal = { name: 'email' as const, message: 'This must be an e-mail address.' }
    expect(findRefusals({ problem, names: ['email', 'password'] })).toEqual([refusal, refusal, refusal])
  })

  test('what fetch throws means that the server did not answer', () => {
    expect(toProblem(new TypeError('Failed to fetch'))).toMatchObject({ status: 0, code: 'network.unreachable' })
  })
})

test('every code with a sentence of its own is one of the wire contract or of this side', () => {
  const source = readFileSync(new URL('../../console/src/api/problem-words.ts', import.meta.url), 'utf8')
  const written = [...source.matchAll(/^ {2,4}'([a-z]+\.[a-z_]+)':/gm)].map(([, code]) => code)
  expect(written.length).toBeGreaterThan(10)
  expect(written.filter((code) => !codes.some(([known]) => known === code))).toEqual(['session.ended'])
})
