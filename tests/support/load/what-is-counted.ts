import { join } from 'node:path'
import { call } from '../call.ts'
import { testSecrets } from '../start-app.ts'
import type { TwoReplicas } from './two-replicas.ts'

/** What limits say of a tenant's month at a server, and what of it calls under way hold. */
export interface CountedMonth {
  tokens: number | null
  costMicroUsd: number | null
  held: number
}

interface Standing {
  name: string
  spent: number | null
  held: number
}

/** Reads the counters of a tenant's month as its Limits page shows them. */
export async function readCountedMonth(
  server: { url: string },
  asked: { token: string; tenant: string },
): Promise<CountedMonth> {
  const page = await call(server, `GET /admin/tenants/${asked.tenant}/limits`, { token: asked.token })
  if (page.status !== 200) throw new Error(`no limits: ${page.text}`)
  const standings: Standing[] = page.body.standings
  const find = (name: string): Standing | undefined => standings.find((standing) => standing.name === name)
  const [tokens, cost] = [find('tokens_per_month'), find('cost_per_month_micro_usd')]
  return {
    tokens: tokens?.spent ?? null,
    costMicroUsd: cost?.spent ?? null,
    held: (tokens?.held ?? 0) + (cost?.held ?? 0),
  }
}

/** Runs `usage:reconcile` beside the servers. */
export async function reconcileUsage(
  world: Pick<TwoReplicas, 'database' | 'env'>,
): Promise<{ exitCode: number; output: string }> {
  const child = Bun.spawn([process.execPath, 'server/commands/usage-reconcile.ts'], {
    cwd: join(import.meta.dir, '../../..'),
    env: {
      PATH: process.env.PATH ?? '',
      NODE_ENV: 'production',
      DATABASE_URL: world.database.ownerUrl,
      ALLOW_LOOPBACK_UPSTREAMS: 'true',
      ...testSecrets,
      ...world.env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [output, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { exitCode: await child.exited, output: output + problems }
}
