import postgres from 'postgres'
import { defineError } from '../platform/errors.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'
import { closeDatabaseToPublic, ensureLoginRole, type LoginRole, makePassword } from './login-roles.ts'

/** The owner may not make the role that requests run as. */
export const runtimeRoleUnavailable = defineError({
  code: 'start.runtime_role_unavailable',
  status: 500,
  title: 'The role that requests run as cannot be made',
})

/** Who this installation is, and the address that requests connect with. */
export interface Installation {
  id: string
  runtimeUrl: string
}

const fleetLock = 7_236_410_952

/**
 * Makes sure that the installation has an id and its login role: member of `tenantry_runtime`, owner of nothing,
 * neither SUPERUSER nor BYPASSRLS, with a random password that is sealed in core and sent as a SCRAM verifier. Only
 * under the fleet lock, as concurrent ALTER ROLE fails. CONNECT is taken from PUBLIC. Idempotent; replicas may call it
 * at the same time.
 * @param managedRuntimeUrl DATABASE_RUNTIME_URL, if the operator manages roles: then no role is touched
 */
export async function ensureInstallation(options: {
  directUrl: string
  databaseUrl: string
  managedRuntimeUrl: string | undefined
  secretBox: SecretBox
}): Promise<Installation> {
  const sql = postgres(options.directUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'tenantry roles' },
  })
  try {
    await sql`select pg_advisory_lock(${fleetLock})`
    await sql`insert into installation (id) values (gen_random_uuid()) on conflict do nothing`
    const [row] = await sql<{ id: string; runtime_role: string | null; runtime_password: string | null }[]>`
      select id, runtime_role, runtime_password from installation`
    if (!row) throw runtimeRoleUnavailable({ detail: 'The installation row is missing.' })
    if (options.managedRuntimeUrl) return { id: row.id, runtimeUrl: options.managedRuntimeUrl }

    const role = row.runtime_role ?? `tenantry_${row.id.replaceAll('-', '').slice(0, 16)}`
    const place: SecretPlace = { table: 'installation', column: 'runtime_password', row: row.id }
    const kept = row.runtime_password ? await openPassword(options.secretBox, place, row.runtime_password) : undefined
    const password = kept ?? makePassword()
    await ensureRuntimeRole(sql, { role, password, isNew: kept === undefined })
    if (kept === undefined) {
      const sealed = await options.secretBox.seal(place, password)
      await sql`update installation set runtime_role = ${role}, runtime_password = ${sealed}`
    }
    const url = new URL(options.databaseUrl)
    url.username = role
    url.password = password
    return { id: row.id, runtimeUrl: url.toString() }
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function openPassword(secretBox: SecretBox, place: SecretPlace, sealed: string): Promise<string> {
  try {
    return await secretBox.open(place, sealed)
  } catch (cause) {
    throw runtimeRoleUnavailable({
      detail:
        'SECRET_KEY is not the one that this installation was made with. Set it back, or set SECRET_KEY_PREVIOUS to the former one.',
      cause,
    })
  }
}

async function ensureRuntimeRole(sql: postgres.Sql, login: LoginRole & { isNew: boolean }): Promise<void> {
  try {
    // A restored dump brings the row without the role, so the role itself is looked for.
    await ensureLoginRole(sql, { ...login, setPassword: login.isNew })
    const [current] = await sql<{ name: string }[]>`select current_database() as name`
    if (current) await closeDatabaseToPublic(sql, { database: current.name, role: login.role })
  } catch (cause) {
    throw runtimeRoleUnavailable({
      detail:
        'The owner of DATABASE_URL needs CREATEROLE (and the grant of tenantry_runtime, if another owner made it). Grant it, or make a role yourself and set DATABASE_RUNTIME_URL.',
      cause,
    })
  }
}
