import { t } from 'elysia'
import { type Gates, managerRoutes } from '../../http/routes.ts'
import { nullable } from '../../http/schemas.ts'
import { optionalJsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { type ConnectionsParts, testModelConnection, testPinecone } from './connections.usecases.ts'

const text = (maxLength: number) =>
  t.String({ minLength: 1, maxLength, error: `must have 1 to ${maxLength} characters` })
const key = t.String({ pattern: '^[\\x21-\\x7e]{8,500}$', error: 'must have 8 to 500 visible characters' })

const pineconeDraft = t.Object({
  pinecone_environment: t.Optional(nullable(text(100))),
  pinecone_index: t.Optional(
    nullable(t.String({ pattern: '^[a-z0-9-]{1,100}$', error: 'must have lower-case letters, digits and "-"' })),
  ),
  pinecone_namespace: t.Optional(nullable(t.String({ maxLength: 512 }))),
  pinecone_text_field: t.Optional(text(100)),
  pinecone_api_key: t.Optional(nullable(key)),
  embedding_model: t.Optional(text(100)),
})

const modelDraft = t.Object({
  model_provider: t.Optional(
    nullable(
      t.Union([t.Literal('openai'), t.Literal('deepseek'), t.Literal('openai-compatible'), t.Literal('offline')]),
    ),
  ),
  model: t.Optional(nullable(text(200))),
  model_base_url: t.Optional(nullable(t.String({ minLength: 8, maxLength: 500 }))),
  model_api_key: t.Optional(key),
})

const connectionTest = t.Object({
  ok: t.Boolean(),
  steps: t.Array(
    t.Object({
      name: t.String(),
      ok: t.Boolean(),
      detail: t.String(),
      remedy: nullable(t.String()),
      latency_ms: t.Number(),
      fixes: t.Optional(
        t.Array(
          t.Object({
            field: t.String({ description: 'A field of the tenant that may mend it; never a secret' }),
            choices: t.Array(t.Object({ value: t.String(), note: nullable(t.String()) }), {
              description: 'What it may be set to, best first',
            }),
          }),
          { description: 'Settings that may mend what was found; absent when none is known' },
        ),
      ),
    }),
  ),
})

/** Tests of a tenant's connections; 200 also when a test fails. */
export function connectionRoutes(parts: ConnectionsParts & { gates: Gates }) {
  return managerRoutes(parts.gates, 'Connections')
    .post(
      '/pinecone/test',
      ({ tenant, body, principal, request }) =>
        testPinecone(parts, tenant, body ?? {}, {
          userId: principal.userId,
          actor: auditActorOf(request, principal),
          signal: request.signal,
        }),
      {
        ...optionalJsonBody(pineconeDraft),
        response: { 200: connectionTest },
        detail: { summary: 'Test the Pinecone connection' },
      },
    )
    .post(
      '/model/test',
      ({ tenant, body, principal, request }) =>
        testModelConnection(parts, tenant, body ?? {}, {
          userId: principal.userId,
          actor: auditActorOf(request, principal),
          signal: request.signal,
        }),
      {
        ...optionalJsonBody(modelDraft),
        response: { 200: connectionTest },
        detail: { summary: 'Test the model connection' },
      },
    )
}
