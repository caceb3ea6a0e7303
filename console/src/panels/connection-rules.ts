import {
  hasAddress,
  explainNeededKey,
  type ConnectionField,
  type ConnectionFields,
  type Drafted,
  type StoredConnections,
} from './connection-fields.ts'

type Check = (value: string, fields: ConnectionFields) => string | true

/** For a form's `validate`: what each setting of a tenant must be; the server has the last word. */
export function makeConnectionRules(tenant: StoredConnections): Partial<Record<ConnectionField, Check>> {
  const draft = (fields: ConnectionFields): Drafted => ({ fields, tenant })
  return {
    model: (value, fields) => {
      if (fields.model_provider === 'openai-compatible' && value.trim() === '') return 'Enter the name of a model.'
      return checkLength(value, 200)
    },
    model_base_url: (value, fields) => {
      if (!hasAddress(draft(fields))) return true
      if (value.trim() === '') return 'Enter the address, such as https://models.example.org/v1.'
      return isAddress(value) || 'Enter a whole address, such as https://models.example.org/v1.'
    },
    model_api_key: (value, fields) => {
      const needed = explainNeededKey(draft(fields))
      return value.trim() === '' && needed !== undefined ? needed : checkKey(value)
    },
    pinecone_api_key: checkKey,
    pinecone_index: (value) =>
      /^[a-z0-9-]{0,100}$/.test(value.trim()) || 'An index is named in lower-case letters, digits and “-”.',
    pinecone_namespace: (value) => checkLength(value, 512),
    pinecone_environment: (value) => checkLength(value, 100),
    pinecone_text_field: (value) =>
      value.trim() === '' ? 'Enter the metadata field that holds the text.' : checkLength(value, 100),
    embedding_model: (value) =>
      value.trim() === '' ? 'Enter the model that the vectors were made with.' : checkLength(value, 100),
  }
}

function checkLength(value: string, charactersMax: number): string | true {
  return value.trim().length <= charactersMax || `${charactersMax} characters at most.`
}

function checkKey(value: string): string | true {
  const key = value.trim()
  if (key === '') return true
  if (!/^[\x21-\x7e]+$/.test(key)) return 'A key has no spaces and only plain letters, digits and signs.'
  return (key.length >= 8 && key.length <= 500) || 'A key has 8 to 500 characters.'
}

function isAddress(value: string): boolean {
  const url = URL.parse(value.trim())
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && !url.search && !url.hash
}
