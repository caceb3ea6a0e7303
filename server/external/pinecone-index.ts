/** Where an index lives, as far as its description says. */
export type PineconePlacement =
  | { kind: 'serverless'; cloud: string; region: string }
  | { kind: 'pod'; environment: string }
  | { kind: 'unknown' }

/** An index as the control plane describes it. */
export interface PineconeIndex {
  name: string
  /** A bare host (https) or a URL. */
  host: string
  /** Null for sparse indexes and indexes with several vector fields. */
  dimension: number | null
  ready: boolean
  placement: PineconePlacement
}

/**
 * Reads an index description in both of its shapes: API 2026-07 (`deployment`, `schema.fields`), which SDK 9 asks for,
 * and the older one (`spec`, `dimension`), which other controllers still answer with. Undefined when it is neither.
 */
export function readIndexDescription(value: unknown): PineconeIndex | undefined {
  if (!isRecord(value)) return undefined
  const { name, host, status } = value
  if (typeof name !== 'string' || typeof host !== 'string' || host === '') return undefined
  return {
    name,
    host,
    dimension: readDimension(value),
    ready: !isRecord(status) || status.ready !== false,
    placement: readPlacement(value),
  }
}

/** Where an index is, in the words of `pinecone_environment`: “us-east-1-aws”; undefined when that is not known. */
export function namePlacement(placement: PineconePlacement): string | undefined {
  if (placement.kind === 'unknown') return undefined
  return placement.kind === 'pod' ? placement.environment : `${placement.region}-${placement.cloud}`
}

/**
 * Whether a configured `pinecone_environment` names where the index is; undefined when it does, else where the index
 * really is. `-aws`, `-gcp` or `-azure` at the end is the cloud (contract.md, ConnectionTest); pods compare whole.
 */
export function findRegionMismatch(environment: string | null, placement: PineconePlacement): string | undefined {
  const wanted = environment?.trim().toLowerCase() ?? ''
  if (wanted === '' || placement.kind === 'unknown') return undefined
  if (placement.kind === 'pod')
    return wanted === placement.environment.toLowerCase() ? undefined : placement.environment
  const [, region = wanted, cloud] = /^(.+)-(aws|gcp|azure)$/.exec(wanted) ?? []
  const isSame =
    region === placement.region.toLowerCase() && (cloud === undefined || cloud === placement.cloud.toLowerCase())
  return isSame ? undefined : namePlacement(placement)
}

function readDimension(value: Record<string, unknown>): number | null {
  if (typeof value.dimension === 'number') return value.dimension
  const fields = isRecord(value.schema) && isRecord(value.schema.fields) ? Object.values(value.schema.fields) : []
  const dimensions = fields.flatMap((field) =>
    isRecord(field) && field.type === 'dense_vector' && typeof field.dimension === 'number' ? [field.dimension] : [],
  )
  const [only] = dimensions
  return dimensions.length === 1 && only !== undefined ? only : null
}

function readPlacement({ deployment, spec }: Record<string, unknown>): PineconePlacement {
  const candidates = [deployment, isRecord(spec) ? spec.serverless : undefined, isRecord(spec) ? spec.pod : undefined]
  for (const candidate of candidates) {
    if (!isRecord(candidate)) continue
    const { cloud, region, environment } = candidate
    if (typeof cloud === 'string' && typeof region === 'string') return { kind: 'serverless', cloud, region }
    if (typeof environment === 'string' && candidate.deployment_type !== 'byoc') return { kind: 'pod', environment }
  }
  return { kind: 'unknown' }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
