import { factsOf } from '../../http/request-facts.ts'
import { type Gates, managerRoutes } from '../../http/routes.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { ensureTenantServes } from '../../http/tenant-gate.ts'
import { retrievalTestBody, retrievalTestView } from './retrieval.schemas.ts'
import { type RetrievalParts, testRetrieval } from './retrieval.usecases.ts'

/** Trying retrieval, for a tenant's managers. */
export function retrievalRoutes(parts: RetrievalParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Knowledge').post(
    '/retrieval/test',
    ({ tenant, body, principal, request }) => {
      ensureTenantServes(tenant)
      return testRetrieval(parts, {
        tenant,
        test: body,
        userId: principal.userId,
        requestId: factsOf(request).requestId,
        signal: request.signal,
      })
    },
    {
      ...jsonBody(retrievalTestBody),
      response: { 200: retrievalTestView },
      detail: {
        summary: 'Search by keyword, by meaning and by both, side by side',
        description: 'A way that is not set up or fails says so in `ways`; the answer is 200 all the same.',
      },
    },
  )
}
