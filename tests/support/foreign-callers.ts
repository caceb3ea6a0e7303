import { expect } from 'bun:test'
import type { Operation } from './api-operations.ts'
import { call } from './call.ts'
import { type CanaryTenant, listViewers, makeColleaguesPhantom, makePhantom } from './canary-tenants.ts'
import { type ForeignRequest, listForeignRequests } from './foreign-requests.ts'
import { password, type Person, signIn } from './people.ts'
import type { Scenario } from './scenario.ts'

/** Somebody who calls, with or without a tenant. */
export interface Caller {
  viewer: string
  token: string | undefined
  /** The letter of its tenant. */
  home: string | undefined
  /** Of a user: its colleague's things are foreign, too. */
  hasNeighbour: boolean
}

/** A request for somebody else's things, and who sends it. */
export interface CallerRequest {
  caller: Caller
  request: ForeignRequest
}

async function listCallers({ app, superuser }: Scenario, tenants: Map<string, CanaryTenant>): Promise<Caller[]> {
  const email = 'stranger@people.example'
  const registered = await call(app, 'POST /auth/register', { body: { email, password } })
  expect(registered.status).toBe(201)
  const stranger = await signIn(app, email)
  const of = (viewer: string, person: Person | undefined, home?: string): Caller => {
    return { viewer, token: person?.token, home, hasNeighbour: viewer.startsWith('user') }
  }
  return [
    of('nobody', undefined),
    of('owner without a verified address', stranger),
    of('superuser', superuser),
    ...[...tenants].flatMap(([letter, tenant]) =>
      listViewers(letter, tenant).map(({ viewer, person }) => of(viewer, person, letter)),
    ),
  ]
}

/** A cursor that leads into the middle of a list of the tenant's users. */
async function readCursor({ app }: Scenario, tenant: CanaryTenant): Promise<string> {
  const route = `GET /admin/tenants/${tenant.things.tenant}/users?limit=1`
  const { body } = await call(app, route, { token: tenant.owner.token })
  expect(typeof body.next_cursor).toBe('string')
  return body.next_cursor
}

/** What everybody who may call asks for of everybody else, at every place of every operation. */
export async function generateRequests(world: {
  scenario: Scenario
  /** By the letter that is in their canaries. */
  tenants: Map<string, CanaryTenant>
  operations: Operation[]
}): Promise<CallerRequest[]> {
  const { scenario, tenants, operations } = world
  const phantom = makePhantom()
  const cursors = new Map<string, string>()
  for (const [letter, tenant] of tenants) cursors.set(letter, await readCursor(scenario, tenant))
  const all: CallerRequest[] = []
  for (const caller of await listCallers(scenario, tenants)) {
    const home = caller.home === undefined ? undefined : tenants.get(caller.home)
    const own = home?.things ?? phantom
    const foreign = [...tenants].filter(([letter]) => letter !== caller.home)
    const targets = foreign.map(([letter, { things }]) => ({ things, nobodys: phantom, cursor: cursors.get(letter) }))
    if (home && caller.hasNeighbour) {
      const nobodys = makeColleaguesPhantom(home.neighbour)
      targets.push({ things: home.neighbour, nobodys, cursor: cursors.get(caller.home ?? '') })
    }
    for (const operation of operations) {
      // A superuser may write everywhere; it is here to see that there is something to see.
      if (caller.viewer === 'superuser' && operation.method !== 'GET') continue
      for (const { things, nobodys, cursor = '' } of targets) {
        const asker = { own, foreign: things, phantom: nobodys, cursor, isAnonymous: caller.token === undefined }
        all.push(...listForeignRequests(operation, asker).map((request) => ({ caller, request })))
      }
    }
  }
  return all
}
