import { t } from 'elysia'
import { createOnce } from '../../http/idempotency.ts'
import { pageOf } from '../../http/page-query.ts'
import { type Gates, headersKey, idempotencyHeader, superuserRoutes } from '../../http/routes.ts'
import { time } from '../../http/schemas.ts'
import { describeSmallList, smallListQuery } from '../../http/small-list.ts'
import { jsonBody } from '../../http/strict-body.ts'
import { auditActorOf } from '../../http/tenant-gate.ts'
import { addPrice, changePrice, listPriceVersions, type PricesParts, removePrice } from './prices.usecases.ts'

const amountMax = 1_000_000_000_000
const amount = t.Integer({
  minimum: 0,
  maximum: amountMax,
  description: 'In micro-USD for a million tokens: 0.15 USD is 150000',
  error: `must be a whole number of micro-USD from 0 to ${amountMax}`,
})
const amounts = {
  input_per_million_micro_usd: amount,
  cached_input_per_million_micro_usd: amount,
  output_per_million_micro_usd: amount,
}
const validFrom = t.String({ maxLength: 40, description: 'RFC 3339; default: now' })
const name = t.String({
  minLength: 1,
  maxLength: 200,
  pattern: String.raw`^\S+( \S+)*$`,
  error: 'must have 1 to 200 characters, without spaces at its ends',
})
const providers = t.Union(
  [t.Literal('openai'), t.Literal('deepseek'), t.Literal('openai-compatible'), t.Literal('offline')],
  { error: 'must be openai, deepseek, openai-compatible or offline' },
)

const priceView = t.Object({
  id: t.String(),
  provider: t.String(),
  model: t.String(),
  valid_from: time,
  state: t.Union([t.Literal('coming'), t.Literal('current'), t.Literal('past')]),
  input_per_million_micro_usd: t.Number(),
  cached_input_per_million_micro_usd: t.Number(),
  output_per_million_micro_usd: t.Number(),
})

/** What models cost, for superusers. */
export function priceRoutes(parts: PricesParts & { gates: Gates }) {
  return superuserRoutes(parts.gates, '/admin/prices', 'Prices')
    .get(
      '/',
      async ({ query }) => {
        const { items, unpriced } = await listPriceVersions(parts)
        return { ...describeSmallList({ items, query, id: 'id', search: ['provider', 'model'] }), unpriced }
      },
      {
        query: smallListQuery(['model', 'provider', 'valid_from']),
        response: {
          200: t.Composite([
            pageOf(priceView),
            t.Object({
              unpriced: t.Array(
                t.Object({ provider: t.String(), model: t.String(), calls: t.Integer(), last_at: time }),
                { description: 'Models that were called in the last 30 days and whose cost is not known' },
              ),
            }),
          ]),
        },
        detail: { summary: 'Every version of every price, newest first within a model' },
      },
    )
    .post(
      '/',
      async ({ body, principal, request, set }) => {
        const answer = await createOnce(parts.core, { request, principal, body }, async (database) => ({
          status: 201,
          body: await addPrice(parts, database, body, auditActorOf(request, principal)),
        }))
        parts.directories.forget({ kind: 'prices', ids: [] })
        set.status = 201
        return answer.body
      },
      {
        ...jsonBody(
          t.Object({
            provider: providers,
            model: name,
            valid_from: t.Optional(validFrom),
            ...amounts,
            cached_input_per_million_micro_usd: t.Optional(amount),
          }),
        ),
        response: { 201: priceView },
        detail: { summary: 'Set a price from a moment on; earlier ones are kept', [headersKey]: [idempotencyHeader] },
      },
    )
    .patch(
      '/:price',
      ({ params, body, principal, request }) =>
        changePrice(parts, params.price, body, auditActorOf(request, principal)),
      {
        ...jsonBody(t.Partial(t.Object({ valid_from: validFrom, ...amounts }))),
        response: { 200: priceView },
        detail: { summary: 'Correct a price; what was counted by it stays as it was' },
      },
    )
    .delete(
      '/:price',
      async ({ params, principal, request, set }) => {
        await removePrice(parts, params.price, auditActorOf(request, principal))
        set.status = 204
      },
      { response: { 204: t.Void() }, detail: { summary: 'Remove a price; the one before it is in force again' } },
    )
}
