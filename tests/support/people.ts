import { ensureSuperuser } from '../../server/features/sign-in/sign-in.usecases.ts'
import { call } from './call.ts'
import type { TestApp } from './start-app.ts'

/** Somebody who is signed in. */
export interface Person {
  id: string
  email: string
  password: string
  /** Access token. */
  token: string
  refreshToken: string
}

/** The password of everybody in tests. */
export const password = 'correct horse battery staple'
let people = 0

/** A superuser, signed in to the platform. */
export async function makeSuperuser(app: TestApp): Promise<Person> {
  const email = `super${++people}@platform.example`
  await ensureSuperuser(app.services, { email, password })
  return signIn(app, email)
}

/** A platform user made by a superuser; signed in to the platform. */
export async function makeUser(
  app: TestApp,
  superuser: Person,
  options: { email?: string; tenant?: string; is_owner?: boolean; is_superuser?: boolean } = {},
): Promise<Person> {
  const { tenant, ...fields } = options
  const email = options.email ?? `user${++people}@people.example`
  const made = await call(app, 'POST /admin/users', { token: superuser.token, body: { ...fields, email, password } })
  if (made.status !== 201) throw new Error(`user was not made: ${made.text}`)
  if (tenant) {
    const assigned = await call(app, `PUT /admin/users/${made.body.id}/tenant`, {
      token: superuser.token,
      body: { tenant_id: tenant },
    })
    if (assigned.status !== 200) throw new Error(`user was not assigned: ${assigned.text}`)
  }
  return signIn(app, email)
}

/** Signs in; with a tenant as that tenant's user. */
export async function signIn(app: TestApp, email: string, tenant?: string): Promise<Person> {
  const reply = await call(app, 'POST /auth/login', { tenant, body: { email, password } })
  if (reply.status !== 200) throw new Error(`sign-in failed: ${reply.text}`)
  const me = await call(app, 'GET /users/me', { token: reply.body.access_token })
  return { id: me.body.id, email, password, token: reply.body.access_token, refreshToken: reply.body.refresh_token }
}

/** Onboards a tenant. */
export async function makeTenant(
  app: TestApp,
  superuser: Person,
  id: string,
  settings: Record<string, unknown> = {},
): Promise<string> {
  const body = { id, name: `Tenant ${id}`, ...settings }
  const made = await call(app, 'POST /admin/tenants', { token: superuser.token, body })
  if (made.status !== 201) throw new Error(`tenant was not made: ${made.text}`)
  return id
}
