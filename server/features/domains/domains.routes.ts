import { t } from 'elysia'
import type { TenantDomain } from '../../data/domains.data.ts'
import { createOnce } from '../../http/idempotency.ts'
import type { CorePrincipal } from '../../http/identity.ts'
import { pageOf } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes } from '../../http/routes.ts'
import { nullable, time } from '../../http/schemas.ts'
import { describeSmallList, smallListQuery } from '../../http/small-list.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import {
  addDomain,
  type DomainManager,
  type DomainsParts,
  listDomainsOf,
  nameProofOf,
  removeDomain,
  statusOf,
  verifyDomain,
  writeProof,
} from './domains.usecases.ts'

const domainView = t.Object({
  domain: t.String({ description: 'Host, and port if it is not the scheme’s own; names it in paths' }),
  origin: t.String(),
  status: t.Union([t.Literal('pending'), t.Literal('verified')]),
  proof: nullable(
    t.Object(
      { type: t.Literal('TXT'), name: t.String(), value: t.String() },
      { description: 'The DNS record that proves a pending domain' },
    ),
  ),
  verified_at: nullable(time),
  created_at: time,
})

/** The origins of a tenant's frontends, for its managers: verified ones may call by CORS and name the tenant. */
export function domainRoutes(parts: DomainsParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Domains')
    .get(
      '/domains',
      async ({ query, tenant }) => {
        const items = (await listDomainsOf(parts, tenant.id)).map(describeDomain)
        return describeSmallList({ items, query, id: 'domain', search: ['origin'] })
      },
      {
        query: smallListQuery(['created_at', 'domain']),
        response: { 200: pageOf(domainView) },
        detail: { summary: 'List domains of a tenant' },
      },
    )
    .post(
      '/domains',
      async ({ body, tenant, principal, request, set }) => {
        const wanted = { tenantId: tenant.id, origin: body.origin }
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => ({
          status: 201,
          body: describeDomain(await addDomain(parts, database, wanted, managerOf(request, principal))),
        }))
        await parts.verifiedOrigins.refresh()
        set.status = 201
        return answer.body
      },
      {
        ...jsonBody(t.Object({ origin: t.String({ minLength: 1, maxLength: 300 }) })),
        response: { 201: domainView },
        detail: { summary: 'Add a domain to a tenant', [headersKey]: [idempotencyHeader] },
      },
    )
    .post(
      '/domains/:domain/verify',
      async ({ params, tenant, principal, request }) => {
        const named = { tenantId: tenant.id, domain: params.domain }
        return describeDomain(await verifyDomain(parts, named, managerOf(request, principal)))
      },
      { response: { 200: domainView }, detail: { summary: 'Put a domain into effect once it is proven' } },
    )
    .delete(
      '/domains/:domain',
      async ({ params, tenant, principal, request, set }) => {
        const named = { tenantId: tenant.id, domain: params.domain }
        await removeDomain(parts, named, auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Take a domain from a tenant' } },
    )
}

function managerOf(request: Request, principal: CorePrincipal): DomainManager {
  return { isSuperuser: principal.isSuperuser, actor: auditActorOf(request, principal) }
}

function describeDomain(domain: TenantDomain): typeof domainView.static {
  return {
    domain: domain.domain,
    origin: domain.origin,
    status: statusOf(domain),
    proof: domain.verifiedAt ? null : { type: 'TXT', name: nameProofOf(domain), value: writeProof(domain) },
    verified_at: domain.verifiedAt?.toISOString() ?? null,
    created_at: domain.createdAt.toISOString(),
  }
}
