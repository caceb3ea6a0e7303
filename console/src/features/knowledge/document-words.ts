import type { ProblemWords } from '../../api/problem-words.ts'
import type { ApiProblem } from '../../api/problem.ts'
import { formatTimeAfter } from '../../lib/format.ts'
import { formatBytes, formatCount, formatPlural } from '../../lib/numbers.ts'
import type { StateKind } from '../../ui/state.tsx'

/** What of a document its words are made from. */
export interface DescribedDocument {
  status: 'queued' | 'processing' | 'ready' | 'failed'
  stage: 'reading' | 'indexing' | 'embedding' | 'waiting' | null
  kind: 'text' | 'markdown' | 'html' | 'pdf' | 'docx'
  source: 'upload' | 'text' | 'url'
  file_name: string | null
  url: string | null
  chunks: number
  embedded: number
  bytes: number
  error: { code: string; detail: string; remedy: string; retry_at: string | null } | null
}

const kinds: Record<DescribedDocument['kind'], string> = {
  text: 'Text',
  markdown: 'Markdown',
  html: 'HTML',
  pdf: 'PDF',
  docx: 'Word',
}

/** Whether something is done about it just now. */
export function isWorking({ status }: Pick<DescribedDocument, 'status'>): boolean {
  return status === 'queued' || status === 'processing'
}

/** How far a document is, as a shape and a few words. */
export function describeProgress(document: DescribedDocument): { kind: StateKind; words: string } {
  const { status, stage, chunks, embedded, error } = document
  if (status === 'failed') return { kind: 'failed', words: failureName(error?.code) }
  if (status === 'ready') return { kind: 'fine', words: 'Ready' }
  if (status === 'queued') return { kind: 'working', words: 'Waiting its turn' }
  if (stage === 'waiting') return { kind: 'attention', words: 'Tried again soon' }
  if (stage === 'embedding')
    return { kind: 'working', words: `Embedding ${formatCount(embedded)} of ${formatCount(chunks)}` }
  return { kind: 'working', words: stage === 'indexing' ? 'Indexing' : 'Reading' }
}

/** How much of it is done, 0 to 1; undefined while that cannot be told. */
export function shareDone({ status, stage, chunks, embedded }: DescribedDocument): number | undefined {
  return status === 'processing' && stage === 'embedding' && chunks > 0 ? embedded / chunks : undefined
}

/** Where it came from: its kind and its file, its address, or that it was pasted. */
export function describeOrigin(document: DescribedDocument): string {
  const kind = kinds[document.kind]
  if (document.source === 'text') return 'Pasted text'
  if (document.source === 'url') return document.url ?? kind
  return `${kind}, ${formatBytes(document.bytes)}`
}

/** Whether only another file helps: trying the same one again would fail the same way. */
export function needsAnotherFile({ status, error }: Pick<DescribedDocument, 'status' | 'error'>): boolean {
  return status === 'failed' && error !== null && fileFailures.has(error.code)
}

/** The second line of a document in the list: what is wrong with it, else where it came from. */
export function describeLine(document: DescribedDocument): string {
  return document.status === 'failed' && document.error ? document.error.detail : describeOrigin(document)
}

const fileFailures: ReadonlySet<string> = new Set([
  'document.unreadable',
  'document.encrypted',
  'document.no_text',
  'document.empty',
  'document.type_mismatch',
])

/** What was found in it, in words. */
export function describePassages(document: DescribedDocument): string {
  const { chunks, embedded } = document
  if (chunks === 0) return 'None yet'
  const found = formatPlural(chunks, 'passage')
  if (embedded === 0) return `${found}, found by words`
  return embedded === chunks
    ? `${found}, found by words and meaning`
    : `${found}, ${formatCount(embedded)} of them by meaning`
}

/** Why a document failed or waits, and what to do; undefined when neither. */
export function describeTrouble(
  document: DescribedDocument,
  now: Date,
): { title: string; detail: string; remedy: string; isPassing: boolean } | undefined {
  const { error, status } = document
  if (!error) return undefined
  const isPassing = status !== 'failed'
  const seconds = error.retry_at === null ? undefined : (Date.parse(error.retry_at) - now.getTime()) / 1_000
  return {
    title: isPassing ? 'A service does not answer' : failureName(error.code),
    detail: error.detail,
    remedy:
      isPassing && seconds !== undefined
        ? `It is tried again by itself at ${formatTimeAfter({ seconds: Math.max(0, seconds), now })}.`
        : error.remedy,
    isPassing,
  }
}

const failures: Record<string, string> = {
  'document.unreadable': 'Cannot be read',
  'document.encrypted': 'Needs a password',
  'document.no_text': 'Has no text',
  'document.empty': 'Is empty',
  'document.too_complex': 'Takes too much to read',
  'document.type_mismatch': 'Is not what it says',
  'document.embedding_not_configured': 'Nobody can embed it',
  'document.dimension_mismatch': 'Does not fit the index',
  'retrieval.failed': 'Pinecone refused it',
  'model.upstream_error': 'The model provider refused it',
}

function failureName(code: string | undefined): string {
  return failures[code ?? ''] ?? 'Failed'
}

/** Why a file was not taken, in words. */
export function describeRefusal(problem: ApiProblem, fallback: ProblemWords): ProblemWords {
  const known: Record<string, ProblemWords> = {
    'document.duplicate': { title: 'It is here already', advice: problem.message },
    'document.too_large': { title: 'It is larger than 25 MB', advice: 'Split it and upload the parts.' },
    'document.empty': { title: 'It is empty', advice: 'Choose a file that has text in it.' },
    'document.unsupported_type': {
      title: 'This kind of file cannot be read',
      advice: 'Save it as PDF, DOCX, HTML, Markdown or plain text.',
    },
    'document.type_mismatch': { title: 'It is not what its name says', advice: problem.message },
    'document.unreadable': { title: 'It is broken', advice: 'Open it, save it again, and upload that.' },
    'document.too_complex': { title: 'It takes too much to read', advice: 'Save it in a simpler form, or split it.' },
    'document.page_failed': { title: 'The page could not be fetched', advice: problem.message },
    'egress.address_refused': { title: 'This address cannot be used', advice: problem.message },
    'egress.unreachable': { title: 'Nobody answers at this address', advice: 'Check it in a browser.' },
  }
  return known[problem.code] ?? fallback
}
