import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, type ApiProblem } from '../../api/problem.ts'
import { formatPlural } from '../../lib/numbers.ts'

/** What the tables of an archive hold, in the order they are told. */
const nouns: Record<string, readonly [one: string, many: string]> = {
  tenant_users: ['user', 'users'],
  chat_sessions: ['conversation', 'conversations'],
  chat_messages: ['message', 'messages'],
  documents: ['document', 'documents'],
  document_files: ['part of a file', 'parts of files'],
  chunks: ['passage', 'passages'],
  prompt_versions: ['prompt version', 'prompt versions'],
  usage_ledger: ['call of usage', 'calls of usage'],
}

/** What was imported, counted, the parts that a person knows first; tables without rows are left out. */
export function describeTables(tables: Readonly<Record<string, { rows: number }>>): string[] {
  const known = Object.keys(nouns)
  const names = [...known, ...Object.keys(tables).filter((name) => !known.includes(name))]
  return names.flatMap((name) => {
    const rows = tables[name]?.rows ?? 0
    if (rows === 0) return []
    const [one, many] = nouns[name] ?? [`row of ${name}`, `rows of ${name}`]
    return [formatPlural(rows, one, many)]
  })
}

const missingNames: Record<string, string> = {
  model_api_key: 'The model’s API key',
  pinecone_api_key: 'The Pinecone API key',
  model_base_url: 'The model’s base URL, with its key',
}

/** What has to be entered again, in words. */
export function describeMissing(missing: { field: string; value: string | null }): string {
  const name = missingNames[missing.field] ?? missing.field
  return missing.value === null ? name : `${name}: ${missing.value}`
}

/** Why an archive was not imported. */
export function describeFailedImport(problem: ApiProblem): ProblemWords {
  switch (problem.code) {
    case 'import.archive_invalid':
      return { title: 'This archive cannot be imported.', advice: `${problem.message} Nothing of it is left.` }
    case 'tenant.id_taken':
      return { title: 'Another tenant has its id.', advice: 'Enter another id for it below, then import again.' }
    case 'request.invalid':
      return { title: 'The archive holds something this server does not take.', advice: problem.message }
    default:
      return describeProblem({ problem, attempt: 'other' })
  }
}

/** Why an archive was not made. */
export function describeFailedExport(problem: ApiProblem): string {
  if (problem.code === 'server.busy') return 'Other exports are being written. Try again in a moment.'
  const { title, advice } = describeProblem({ problem, attempt: 'other' })
  return `${title} ${advice}`
}
