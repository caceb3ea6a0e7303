import { t } from 'elysia'
import type { ApiKey } from '../../data/api-keys.data.ts'
import type { Database } from '../../data/postgres.ts'
import { createOnce, type CreatingRequest } from '../../http/idempotency.ts'
import { pageOf } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, managerRoutes } from '../../http/routes.ts'
import { describeSmallList, smallListQuery } from '../../http/small-list.ts'
import { jsonBody, optionalJsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { readTime } from '../../http/time-query.ts'
import { apiKeyScopes } from '../../platform/api-keys.ts'
import { parseUserId } from '../../platform/ids.ts'
import type { SecretBox, SecretPlace } from '../../platform/secrets.ts'
import { apiKeyView, newApiKeyBody, rotationBody, shownApiKeyView } from './api-keys.schemas.ts'
import {
  type ApiKeysParts,
  createKey,
  forgetKey,
  graceUntil,
  listKeysOf,
  revokeKey,
  rotateKey,
  type ShownKey,
} from './api-keys.usecases.ts'

const graceMinutesDefault = 24 * 60

/** The API keys of a tenant, for its managers. */
export function apiKeyRoutes(parts: ApiKeysParts & { secretBox: SecretBox; gates: Gates }) {
  const now = (): Date => parts.clock.now()

  /** Shows a secret once. The answer may be kept to be replayed, and so the secret in it is sealed. */
  async function show(
    creating: CreatingRequest,
    status: number,
    make: (database: Database) => Promise<ShownKey>,
  ): Promise<typeof shownApiKeyView.static> {
    const answer = await createOnce(parts.core, creating, async (database) => {
      const { key, secret } = await make(database)
      const sealed = await parts.secretBox.seal(placeOfKeptSecret(key.id), secret)
      return { status, body: { ...describeKey(key, now()), sealed } }
    })
    const { sealed, ...described } = answer.body
    forgetKey(parts, described.id)
    return { ...described, secret: await parts.secretBox.open(placeOfKeptSecret(described.id), sealed) }
  }

  return managerRoutes(parts.gates, 'API keys')
    .get(
      '/api-keys',
      async ({ query, tenant }) => {
        const items = (await listKeysOf(parts, tenant.id)).map((key) => describeKey(key, now()))
        return describeSmallList({ items, query, id: 'id', search: ['name'] })
      },
      {
        query: smallListQuery(['created_at', 'name']),
        response: { 200: pageOf(apiKeyView) },
        detail: { summary: 'List API keys of a tenant' },
      },
    )
    .post(
      '/api-keys',
      async ({ body, tenant, principal, request, set }) => {
        set.status = 201
        set.headers['cache-control'] = 'no-store'
        return show({ request, principal, body }, 201, (database) =>
          createKey(parts, database, {
            tenantId: tenant.id,
            name: body.name.trim(),
            scopes: body.scopes ?? [...apiKeyScopes],
            expiresAt: body.expires_at ? readTime('expires_at', body.expires_at) : null,
            actor: auditActorOf(request, principal),
          }),
        )
      },
      {
        ...jsonBody(newApiKeyBody),
        response: { 201: shownApiKeyView },
        detail: { summary: 'Make an API key; its secret is shown this once', [headersKey]: [idempotencyHeader] },
      },
    )
    .post(
      '/api-keys/:key/rotate',
      async ({ params, body, tenant, principal, request, set }) => {
        set.headers['cache-control'] = 'no-store'
        return show({ request, principal, body }, 200, (database) =>
          rotateKey(parts, database, {
            tenantId: tenant.id,
            id: parseUserId(params.key),
            graceMinutes: body?.grace_minutes ?? graceMinutesDefault,
            actor: auditActorOf(request, principal),
          }),
        )
      },
      {
        ...optionalJsonBody(rotationBody),
        response: { 200: shownApiKeyView },
        detail: {
          summary: 'Give an API key a new secret; the one before is accepted for a grace',
          [headersKey]: [idempotencyHeader],
        },
      },
    )
    .delete(
      '/api-keys/:key',
      async ({ params, tenant, principal, request, set }) => {
        const actor = auditActorOf(request, principal)
        await revokeKey(parts, { tenantId: tenant.id, id: parseUserId(params.key), actor })
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Revoke an API key' } },
    )
}

function placeOfKeptSecret(id: string): SecretPlace {
  return { table: 'idempotency_keys', column: 'body', row: id }
}

function describeKey(key: ApiKey, now: Date): typeof apiKeyView.static {
  return {
    id: key.id,
    name: key.name,
    last4: key.last4,
    scopes: key.scopes,
    status: key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'active',
    expires_at: key.expiresAt?.toISOString() ?? null,
    created_by: key.createdByEmail,
    created_at: key.createdAt.toISOString(),
    rotated_at: key.rotatedAt?.toISOString() ?? null,
    grace_until: graceUntil(key, now)?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  }
}
