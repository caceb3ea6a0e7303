import type { Redis } from './redis.ts'

const keysAtOnce = '500'

/** Every key that begins so; a key that comes or goes meanwhile may be missing or be among them. */
export async function listRedisKeys(redis: Redis, prefix: string): Promise<string[]> {
  const keys = new Set<string>()
  let cursor = '0'
  do {
    const reply = await redis.send('SCAN', [cursor, 'MATCH', `${prefix}*`, 'COUNT', keysAtOnce])
    const [next, found]: unknown[] = Array.isArray(reply) ? reply : []
    for (const key of Array.isArray(found) ? found : []) keys.add(String(key))
    cursor = typeof next === 'string' ? next : '0'
  } while (cursor !== '0')
  return [...keys]
}

/** Deletes every key that begins so. */
export async function deleteRedisKeys(redis: Redis, prefix: string): Promise<void> {
  const keys = await listRedisKeys(redis, prefix)
  if (keys.length > 0) await redis.send('DEL', keys)
}
