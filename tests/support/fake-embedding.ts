/** Dimensions of the embedding models the fakes know. */
export const embeddingDimensions: Record<string, number> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
}

/**
 * A deterministic unit vector of a text: its words hashed into `dimension` buckets, so that texts which share words
 * are near. Case and a plural "s" do not matter; a text without words becomes the first axis.
 */
export function fakeEmbedding(text: string, dimension: number): number[] {
  const vector = Array.from({ length: dimension }, () => 0)
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  for (const word of words) {
    const stem = word.length > 3 ? word.replace(/s$/u, '') : word
    for (const seed of [1, 2, 3]) {
      const hash = Bun.hash.xxHash32(stem, seed)
      const at = hash % dimension
      vector[at] = (vector[at] ?? 0) + (hash & 0x80_00_00_00 ? -1 : 1)
    }
  }
  const length = Math.hypot(...vector)
  if (length === 0) {
    vector[0] = 1
    return vector
  }
  return vector.map((value) => value / length)
}

/** The little-endian float32 base64 that `encoding_format: "base64"` asks for. */
export function encodeEmbedding(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}
