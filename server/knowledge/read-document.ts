import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineError } from '../platform/errors.ts'
import { isSearchLanguage, type SearchLanguage } from '../platform/search-language.ts'
import type { DocumentKind } from './document-kinds.ts'
import type { Passage } from './split-text.ts'

/** What was read in a file: its text, and the passages it is split into. */
export interface ReadDocument {
  title: string | null
  text: string
  language: SearchLanguage
  passages: Passage[]
}

/** Why nothing was: a code of document-errors.ts and a sentence. */
export interface ReadingFailure {
  code: string
  detail: string
}

/** Limits of one reading. */
export interface ReadingLimits {
  timeoutMs: number
  memoryBytesMax: number
}

/** The reading was broken off because the server stops. */
export const readingStopped = defineError({
  code: 'document.reading_stopped',
  status: 503,
  title: 'The reading was broken off',
})

const defaultLimits: ReadingLimits = { timeoutMs: 20_000, memoryBytesMax: 640 * 1024 * 1024 }
const memoryLookedAtEveryMs = 50
const outputBytesMax = 96 * 1024 * 1024
const program = join(import.meta.dir, 'reading', 'read-process.ts')

/**
 * Reads a file in a process of its own that is killed when it takes too long or too much memory (guarantee E4). It gets
 * no environment, so no secrets. Throws `document.reading_stopped` when the signal aborts.
 */
export async function readDocument(
  file: { kind: DocumentKind; path: string; signal: AbortSignal },
  limits: ReadingLimits = defaultLimits,
): Promise<ReadDocument | { failure: ReadingFailure }> {
  const child = Bun.spawn([process.execPath, '--smol', program, file.kind, file.path], {
    cwd: tmpdir(),
    env: {},
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
    timeout: limits.timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
  })
  const kill = (): void => child.kill('SIGKILL')
  file.signal.addEventListener('abort', kill, { once: true })
  const look = async (): Promise<void> => {
    if ((await readMemory(child.pid)) > limits.memoryBytesMax) kill()
  }
  const watch = setInterval(() => void look(), memoryLookedAtEveryMs)
  try {
    const [output] = await Promise.all([new Response(child.stdout).text(), child.exited])
    if (file.signal.aborted) throw readingStopped()
    return readOutput(output) ?? { failure: tooComplex }
  } finally {
    clearInterval(watch)
    file.signal.removeEventListener('abort', kill)
    kill()
  }
}

const tooComplex: ReadingFailure = {
  code: 'document.too_complex',
  detail: 'Reading the document took more time or memory than a document may take.',
}

/** The resident memory of a process in bytes; 0 when it cannot be told. */
async function readMemory(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const statm = await Bun.file(`/proc/${pid}/statm`)
      .text()
      .catch(() => '')
    return Number(statm.split(' ')[1] ?? 0) * 4_096
  }
  const { stdout } = Bun.spawnSync(['ps', '-o', 'rss=', '-p', String(pid)])
  return Number(stdout.toString().trim()) * 1_024
}

function readOutput(output: string): ReadDocument | { failure: ReadingFailure } | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(output)
  } catch {
    // Killed before it was done.
    return undefined
  }
  if (!isRecord(parsed)) return undefined
  const { failure, title, text, language, passages } = parsed
  if (isRecord(failure) && typeof failure.code === 'string' && typeof failure.detail === 'string') {
    return { failure: { code: failure.code, detail: failure.detail } }
  }
  if (typeof text !== 'string' || !Array.isArray(passages)) return undefined
  return {
    title: typeof title === 'string' ? title : null,
    text,
    language: isSearchLanguage(language) ? language : 'simple',
    passages: passages.flatMap(readPassage),
  }
}

function readPassage(passage: unknown): Passage[] {
  if (!Array.isArray(passage)) return []
  const [start, end, heading]: unknown[] = passage
  if (typeof start !== 'number' || typeof end !== 'number') return []
  return [{ start, end, heading: typeof heading === 'string' ? heading : null }]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
