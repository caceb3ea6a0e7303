import { call } from './call.ts'
import type { TestDatabase } from './databases.ts'
import { password } from './people.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { testSecrets } from './start-app.ts'

const email = 'root@platform.example'

/** A production server in a process of its own, with a first superuser. */
export function startRootedServer(
  database: Pick<TestDatabase, 'ownerUrl'>,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  return startServerProcess({
    NODE_ENV: 'production',
    DATABASE_URL: database.ownerUrl,
    ALLOW_LOOPBACK_UPSTREAMS: 'true',
    OPENAI_API_KEY: 'sk-platform',
    SUPERUSER_EMAIL: email,
    SUPERUSER_PASSWORD: password,
    ...testSecrets,
    ...env,
  })
}

/** Who calls, and in which tenant. */
export interface Entered {
  token: string
  tenant: string
}

/** Signs the superuser in, who enters the tenant `acme`, which is made once. */
export async function enterAsRoot(server: { url: string }): Promise<Entered> {
  const login = await call(server, 'POST /auth/login', { body: { email, password } })
  const token: string = login.body.access_token
  const made = await call(server, 'POST /admin/tenants', { token, body: { id: 'acme', name: 'Acme' } })
  if (made.status !== 201 && made.status !== 409) throw new Error(made.text)
  return { token, tenant: 'acme' }
}
