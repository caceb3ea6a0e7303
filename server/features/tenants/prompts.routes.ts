import { t } from 'elysia'
import { builtInSystemPrompt } from '../../answering/prompt.ts'
import { listPromptVersions } from '../../data/tenants.data.ts'
import { createOnce } from '../../http/idempotency.ts'
import { onlySort, pageQuery, readCursor, readLimit, writeCursor } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes } from '../../http/routes.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { describePromptVersion, describeTenant } from './tenant-view.ts'
import { liveVersion, promptVersionsView, tenantView } from './tenants.schemas.ts'
import { restorePrompt, type TenantsParts } from './tenants.usecases.ts'

/** What the routes of prompts stand on. */
type PromptParts = Pick<TenantsParts, 'core' | 'directories'> & {
  gates: Gates
  config: { defaultSystemPrompt: string | undefined }
}

/** The versions of a tenant's prompt, for its managers. */
export function promptRoutes(parts: PromptParts) {
  const defaultPrompt = parts.config.defaultSystemPrompt ?? builtInSystemPrompt
  const { limit, cursor } = pageQuery(['version'])

  return managerRoutes(parts.gates, 'Tenants')
    .get(
      '/prompts',
      async ({ tenant, query }) => {
        const rows = readLimit(query.limit)
        const after = query.cursor === undefined ? undefined : readCursor(query.cursor, 'version', 'tenant')
        const found = await listPromptVersions(parts.core.db, {
          tenantId: tenant.id,
          beforeVersion: after && readVersion(after.value),
          limit: rows + 1,
        })
        const items = found.slice(0, rows)
        const last = items.at(-1)
        const more = found.length > rows && last
        return {
          items: items.map(describePromptVersion),
          next_cursor: more ? writeCursor({ value: String(last.version), id: tenant.id }, 'version') : null,
          default_prompt: defaultPrompt,
        }
      },
      {
        query: t.Object({ sort: onlySort('-version'), limit, cursor }),
        response: { 200: promptVersionsView },
        detail: { summary: 'Versions of the prompt, newest first' },
      },
    )
    .post(
      '/prompts/:version/restore',
      async ({ tenant, params, query, principal, request }) => {
        const wish = { id: tenant.id, version: readVersion(params.version), liveVersion: query.live_version }
        const actor = auditActorOf(request, principal)
        const answer = await createOnce(
          parts.core,
          { request, principal, body: query.live_version ?? null },
          async (database) => ({
            status: 200,
            body: describeTenant(await restorePrompt(database, wish, actor)),
          }),
        )
        parts.directories.forget({ kind: 'tenant', ids: [tenant.id] })
        return answer.body
      },
      {
        query: t.Object({ live_version: t.Optional(liveVersion) }),
        response: { 200: tenantView },
        detail: { summary: 'Make an earlier prompt live again', [headersKey]: [idempotencyHeader] },
      },
    )
}

/** A version number in a path or cursor; whatever is none names a version that does not exist. */
function readVersion(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}
