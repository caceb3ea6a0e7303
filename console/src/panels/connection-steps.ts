import { formatPlural } from '../lib/numbers.ts'
import type { ConnectionField, ConnectionKind } from './connection-fields.ts'

/** What each connection is called. */
export const connectionNames = { model: 'Model', pinecone: 'Pinecone' } as const satisfies Record<
  ConnectionKind,
  string
>

/** What each connection is called within a sentence. */
export const connectionNouns = { model: 'model', pinecone: 'Pinecone' } as const satisfies Record<
  ConnectionKind,
  string
>

/** The steps of each test, in the order the server takes them. */
export const expectedSteps = {
  model: ['address', 'key', 'model', 'answer'],
  pinecone: ['key', 'index', 'dimension', 'region', 'namespace', 'query'],
} as const satisfies Record<ConnectionKind, readonly string[]>

const fieldsOfSteps: Record<ConnectionKind, Partial<Record<string, ConnectionField>>> = {
  model: { address: 'model_base_url', key: 'model_api_key', model: 'model' },
  pinecone: {
    key: 'pinecone_api_key',
    index: 'pinecone_index',
    dimension: 'embedding_model',
    region: 'pinecone_environment',
    namespace: 'pinecone_namespace',
  },
}

/** The setting that a failed step is about; undefined where it is about none. */
export function findFieldOfStep(kind: ConnectionKind, step: string): ConnectionField | undefined {
  return fieldsOfSteps[kind][step]
}

/** A step's name as it is shown: “Region”. */
export function nameStep(step: string): string {
  return step.charAt(0).toUpperCase() + step.slice(1)
}

/** What a press on a choice does: “Set us-east-1 and test again”. */
export function describeFix(field: string, value: string): string {
  const verbs: Record<string, string> = {
    pinecone_environment: `Set ${value}`,
    pinecone_text_field: `Read “${value}”`,
  }
  return `${verbs[field] ?? `Use ${value}`} and test again`
}

/** What shows several choices: “Show the 4 indexes”. */
export function describeChoices(field: string, count: number): string {
  const nouns: Record<string, readonly [string, string]> = {
    pinecone_index: ['index', 'indexes'],
    pinecone_text_field: ['field', 'fields'],
    embedding_model: ['embedding model', 'embedding models'],
    model: ['model', 'models'],
  }
  const [one, many] = nouns[field] ?? ['choice', 'choices']
  return `the ${formatPlural(count, one, many)}`
}
