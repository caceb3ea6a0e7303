import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type postgres from 'postgres'
import { statementTimeoutMs } from './postgres.ts'

/** A role that requests log in as, and its password. */
export interface LoginRole {
  role: string
  password: string
}

/**
 * Makes sure that a login role is there: member of `tenantry_runtime`, neither SUPERUSER nor BYPASSRLS, owner of
 * nothing, with the time limit of statements that a pooler lets nobody set. The password is sent as a SCRAM verifier,
 * when the role is new or `setPassword` asks for it. Only under a lock of this role, as concurrent ALTER ROLE fails.
 */
export async function ensureLoginRole(
  sql: postgres.Sql | postgres.TransactionSql,
  login: LoginRole & { setPassword: boolean },
): Promise<void> {
  const [known] = await sql<{ settings: string[] }[]>`
    select coalesce(rolconfig, '{}') as settings from pg_roles where rolname = ${login.role}`
  if (!known || login.setPassword) {
    const role = quoteIdentifier(login.role)
    const rights = 'login nosuperuser nocreatedb nocreaterole nobypassrls'
    const change = known ? `alter role ${role}` : `create role ${role} ${rights}`
    await sql.unsafe(`${change} password '${makeScramVerifier(login.password)}'`)
  }
  const timeLimit = `statement_timeout=${statementTimeoutMs}`
  if (!known?.settings.includes(timeLimit)) {
    await sql.unsafe(`alter role ${quoteIdentifier(login.role)} set ${timeLimit}`)
  }
  const [member] = await sql`select pg_has_role(${login.role}, 'tenantry_runtime', 'member') as yes`
  if (!member?.yes) await sql`grant tenantry_runtime to ${sql(login.role)}`
}

/** Takes CONNECT on a database from PUBLIC and gives it to this role alone; throws when PUBLIC still has it. */
export async function closeDatabaseToPublic(
  sql: postgres.Sql | postgres.TransactionSql,
  options: { database: string; role: string },
): Promise<void> {
  const { database, role } = options
  const [row] = await sql<{ may: boolean }[]>`
    select has_database_privilege(${role}, oid, 'connect') as may from pg_database where datname = ${database}`
  if (!row) throw new Error('there is no such database')
  const open = await isOpenToPublic(sql, database)
  if (open) await sql`revoke connect on database ${sql(database)} from public`
  if (open || !row.may) await sql`grant connect on database ${sql(database)} to ${sql(role)}`
  // REVOKE by a role that does not own the database only warns, so the result is looked at.
  if (await isOpenToPublic(sql, database)) {
    throw new Error('CONNECT could not be taken from PUBLIC: the address must be that of the database’s owner')
  }
}

/** Whether any role may connect to a database; a database without an access list is open to all. */
export async function isOpenToPublic(sql: postgres.Sql | postgres.TransactionSql, database: string): Promise<boolean> {
  const [row] = await sql<{ open: boolean }[]>`
    select coalesce((select bool_or(grantee = 0 and privilege_type = 'CONNECT') from aclexplode(datacl)), datacl is null) as open
    from pg_database where datname = ${database}`
  return row?.open ?? false
}

/** A SCRAM-SHA-256 verifier (RFC 5803), so that the password itself never reaches the server's log or catalog. */
function makeScramVerifier(password: string): string {
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

/** A new password for a login role: 256 random bits. */
export function makePassword(): string {
  return randomBytes(32).toString('base64url')
}
