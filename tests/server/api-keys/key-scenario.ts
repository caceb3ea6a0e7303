import { call, type Reply } from '../../support/call.ts'
import { createClockAhead, type TestClock } from '../../support/clock.ts'
import { makeTenant, makeUser, type Person, signIn } from '../../support/people.ts'
import { withoutRequestId } from '../../support/problem.ts'
import { type Scenario, startScenario } from '../../support/scenario.ts'

export const minuteMs = 60_000

/** Two tenants with an owner each, and what is done with their API keys. */
export interface KeyScenario extends Scenario {
  clock: TestClock
  /** Of `acme`. */
  owner: Person
  /** The owner of `beta`. */
  stranger: Person
  /** A user of `acme`. */
  tenantUser: Person
  as(person: { token: string }, route: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Makes a key of `acme`, unless another tenant is named. */
  make(body?: Record<string, unknown>, tenant?: string): Promise<{ id: string; secret: string }>
  /** The keys of `acme`. */
  list(): Promise<Record<string, unknown>[]>
  use(secret: string, on?: { url: string }): Promise<Reply>
  /** What everybody gets whose token is nothing. */
  asNobody(): Promise<object>
}

/** Starts it, on a clock of its own. */
export async function startKeyScenario(): Promise<KeyScenario> {
  const clock = createClockAhead()
  const scenario = await startScenario({ clock, env: { ACCESS_TOKEN_EXPIRE_MINUTES: '1440' } })
  const { app, superuser } = scenario
  const owner = await makeUser(app, superuser, { is_owner: true })
  const stranger = await makeUser(app, superuser, { is_owner: true })
  await makeTenant(app, superuser, 'acme', { owner_id: owner.id })
  await makeTenant(app, superuser, 'beta', { owner_id: stranger.id })
  const assigned = await makeUser(app, superuser, { tenant: 'acme' })
  const as: KeyScenario['as'] = (person, route, body, headers) =>
    call(app, route, { token: person.token, body, headers })
  const use: KeyScenario['use'] = (secret, on = app) => call(on, 'GET /chat/sessions', { token: secret })
  return {
    ...scenario,
    clock,
    owner,
    stranger,
    tenantUser: await signIn(app, assigned.email, 'acme'),
    as,
    async make(body = {}, tenant = 'acme') {
      const made = await as(superuser, `POST /admin/tenants/${tenant}/api-keys`, { name: 'Website', ...body })
      if (made.status !== 201) throw new Error(`no key: ${made.text}`)
      return made.body
    },
    list: async () => (await as(owner, 'GET /admin/tenants/acme/api-keys')).body.items,
    use,
    asNobody: async () => withoutRequestId(await use('tk_'.padEnd(67, 'x'))),
  }
}
