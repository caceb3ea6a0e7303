import type { Readable } from 'node:stream'
import { t } from 'elysia'
import { requestInvalid, serverError } from '../../http/problem-details.ts'
import { noteStream } from '../../http/request-facts.ts'
import { type Gates, superuserRoutes } from '../../http/routes.ts'
import { nullable } from '../../http/schemas.ts'
import { auditActorOf, tenantNotFound } from '../../http/tenant-gate.ts'
import { clientLeft } from '../../platform/errors.ts'
import { parseTenantId } from '../../platform/ids.ts'
import { tableSum } from './archive-format.ts'
import { exportTenant } from './tenant-export.usecases.ts'
import { importTenant } from './tenant-import.usecases.ts'
import { describeTenant } from './tenant-view.ts'
import { tenantView } from './tenants.schemas.ts'
import type { TenantsParts } from './tenants.usecases.ts'

const importView = t.Object({
  tenant: tenantView,
  tables: t.Record(t.String(), tableSum, { description: 'Rows of each table and the SHA-256 over them' }),
  missing: t.Array(t.Object({ field: t.String(), value: nullable(t.String()) }), {
    description: 'What no archive holds and has to be entered again',
  }),
})

/** A tenant as one file, out and in again, for superusers. */
export function archiveRoutes(parts: TenantsParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/tenants', 'Tenants')
    .get(
      '/:id/export',
      async ({ params, principal, request }) => {
        const id = parseTenantId(params.id)
        const tenant = id && (await parts.directories.tenant(id))
        if (!tenant) throw tenantNotFound({ detail: 'There is no tenant with this id.' })
        const archive = await exportTenant(parts, tenant, auditActorOf(request, principal))
        return new Response(archiveBody(archive.file, noteStream(request)), {
          headers: {
            'content-type': 'application/gzip',
            'content-length': String(archive.bytes),
            'content-disposition': `attachment; filename="${archive.fileName}"`,
            'cache-control': 'no-store',
          },
        })
      },
      { detail: { summary: 'Everything of a tenant but its secrets, as one archive' } },
    )
    .post(
      '/import',
      async ({ query, principal, request, set }) => {
        if (query.id !== undefined && !parseTenantId(query.id)) {
          const message = 'must be a tenant id: lower-case letters, digits, "_" and "-", at most 63'
          throw requestInvalid({ detail: `id: ${message}`, errors: [{ path: 'id', message }] })
        }
        const body = request.body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
        const imported = await importTenant(parts, { body, id: query.id }, auditActorOf(request, principal))
        set.status = 201
        return { ...imported, tenant: describeTenant(imported.tenant) }
      },
      {
        query: t.Object({
          id: t.Optional(t.String({ maxLength: 63, description: 'Instead of the id that the archive has' })),
        }),
        response: { 201: importView },
        detail: { summary: 'Make a tenant from an archive' },
      },
    )
}

/** Closes the file when the reader leaves. */
function archiveBody(file: Readable, onEnd: (problemCode?: string) => void): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = file[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const next = await chunks.next().catch((error: unknown) => {
        onEnd(serverError.definition.code)
        throw error
      })
      if (!next.done) return controller.enqueue(next.value)
      onEnd()
      controller.close()
    },
    cancel() {
      onEnd(clientLeft.definition.code)
      file.destroy()
    },
  })
}
