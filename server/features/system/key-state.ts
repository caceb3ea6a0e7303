import { t } from 'elysia'
import type { CoreDatabase } from '../../data/core-database.ts'
import { countSealedRows } from '../../data/sealed-columns.ts'
import type { Config } from '../../platform/config.ts'
import type { SecretBox } from '../../platform/secrets.ts'

/** How far the rotation of keys is. */
export const keyStateView = t.Object({
  sealing: t.Object({
    has_former_key: t.Boolean({ description: 'SECRET_KEY_PREVIOUS is set, and differs from SECRET_KEY' }),
    current: t.Integer({ description: 'Values sealed with SECRET_KEY' }),
    former: t.Integer({ description: 'Values still sealed with SECRET_KEY_PREVIOUS' }),
    lost: t.Integer({ description: 'Values sealed with a key that this server has not' }),
  }),
  columns: t.Array(
    t.Object({
      table: t.String(),
      column: t.String(),
      current: t.Integer(),
      former: t.Integer(),
      lost: t.Integer(),
    }),
  ),
  tokens: t.Object({
    has_former_key: t.Boolean({ description: 'JWT_SECRET_KEY_PREVIOUS is set, and differs from JWT_SECRET_KEY' }),
    accepted_seconds: t.Integer({ description: 'How long a token of the key before may still be used' }),
  }),
})

/** Counts what is sealed with which key; the keys themselves are told to nobody. */
export async function readKeyState(parts: {
  core: CoreDatabase
  secretBox: SecretBox
  config: Config
}): Promise<typeof keyStateView.static> {
  const { secretBox, config } = parts
  const counts = await countSealedRows(parts.core.db)
  const columns = new Map<string, (typeof keyStateView.static)['columns'][number]>()
  const sealing = { current: 0, former: 0, lost: 0 }
  for (const { table, column, keyId, rows } of counts) {
    const kind = keyId === secretBox.keyId ? 'current' : keyId === secretBox.formerKeyId ? 'former' : 'lost'
    const name = `${table}.${column}`
    const known = columns.get(name) ?? { table, column, current: 0, former: 0, lost: 0 }
    columns.set(name, known)
    known[kind] += rows
    sealing[kind] += rows
  }
  const { jwtSecretKey, jwtSecretKeyPrevious } = config
  return {
    sealing: { has_former_key: hasFormerKey(secretBox), ...sealing },
    columns: [...columns.values()],
    tokens: {
      has_former_key: jwtSecretKeyPrevious !== undefined && jwtSecretKeyPrevious !== jwtSecretKey,
      accepted_seconds: config.accessTokenSeconds,
    },
  }
}

function hasFormerKey({ keyId, formerKeyId }: SecretBox): boolean {
  return formerKeyId !== undefined && formerKeyId !== keyId
}
