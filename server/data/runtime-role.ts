import { createHmac, createHash, pbkdf2Sync, randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { defineError } from '../platform/errors.ts'
import type { SecretBox, SecretPlace } from '../platform/secrets.ts'

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
    const password = kept ?? randomBytes(32).toString('base64url')
    await ensureLoginRole(sql, { role, password, isNew: kept === undefined })
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

async function ensureLoginRole(
  sql: postgres.Sql,
  login: { role: string; password: string; isNew: boolean },
): Promise<void> {
  try {
    const [known] = await sql`select 1 from pg_roles where rolname = ${login.role}`
    // A restored dump brings the row without the role, so the role itself is looked for.
    if (!known) await sql`create role ${sql(login.role)} login nosuperuser nocreatedb nocreaterole nobypassrls`
    if (!known || login.isNew) {
      await sql.unsafe(`alter role ${quoteIdentifier(login.role)} password '${makeScramVerifier(login.password)}'`)
    }
    const [member] = await sql`select pg_has_role(${login.role}, 'tenantry_runtime', 'member') as yes`
    if (!member?.yes) await sql`grant tenantry_runtime to ${sql(login.role)}`
    await closeDatabaseToPublic(sql, login.role)
  } catch (cause) {
    throw runtimeRoleUnavailable({
      detail:
        'The owner of DATABASE_URL needs CREATEROLE (and the grant of tenantry_runtime, if another owner made it). Grant it, or make a role yourself and set DATABASE_RUNTIME_URL.',
      cause,
    })
  }
}

async function closeDatabaseToPublic(sql: postgres.Sql, role: string): Promise<void> {
  const [row] = await sql<{ name: string; open: boolean; may: boolean }[]>`
    select datname as name, has_database_privilege(${role}, oid, 'connect') as may,
      coalesce((select bool_or(grantee = 0 and privilege_type = 'CONNECT') from aclexplode(datacl)), datacl is null) as open
    from pg_database where datname = current_database()`
  if (!row) return
  if (row.open) await sql`revoke connect on database ${sql(row.name)} from public`
  if (row.open || !row.may) await sql`grant connect on database ${sql(row.name)} to ${sql(role)}`
  // REVOKE by a role that does not own the database only warns, so the result is looked at.
  const [after] = await sql<{ open: boolean }[]>`
    select coalesce((select bool_or(grantee = 0 and privilege_type = 'CONNECT') from aclexplode(datacl)), datacl is null) as open
    from pg_database where datname = current_database()`
  if (after?.open) throw new Error('CONNECT could not be taken from PUBLIC: DATABASE_URL must own the database')
}

/** A SCRAM-SHA-256 verifier (RFC 5803), so that the password itself never reaches the server's log or catalog. */
export function makeScramVerifier(password: string): string {
  const iterations = 4096
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
