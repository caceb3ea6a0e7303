import { Resolver } from 'node:dns/promises'
import { withDeadline } from '../platform/deadline.ts'
import { defineError } from '../platform/errors.ts'

/** The name servers did not answer in time, or answered with a failure of their own. */
export const nameServersFailed = defineError({
  code: 'domain.lookup_failed',
  status: 503,
  title: 'The domain could not be looked up',
})

/** Looks whether the owner of a domain has put a text there. */
export interface DomainProof {
  /** The TXT values at a name; none when the name does not exist. Throws `domain.lookup_failed` within 4 s. */
  readTexts(name: string): Promise<string[]>
}

const tryTimeoutMs = 1_500
const triesMax = 2
const deadlineMs = 4_000
/** The name does not exist, or has no such records: an answer, not a failure. */
const emptyAnswers = new Set(['ENOTFOUND', 'ENODATA'])

/** Asks the system's name servers, or the given ones (`address:port`). Nothing is cached: a new record is seen at once. */
export function createDomainProof(options: { servers?: string[] }): DomainProof {
  return {
    async readTexts(name) {
      const resolver = new Resolver({ timeout: tryTimeoutMs, tries: triesMax })
      if (options.servers) resolver.setServers(options.servers)
      const failed = (cause?: unknown): Error =>
        nameServersFailed({
          detail: 'The name servers did not answer. Try again in a moment.',
          cause,
          headers: { 'retry-after': '5' },
        })
      try {
        const records = await withDeadline(resolver.resolveTxt(name), deadlineMs, failed)
        return records.map((chunks) => chunks.join(''))
      } catch (error) {
        if (error instanceof Error && 'code' in error && emptyAnswers.has(String(error.code))) return []
        throw nameServersFailed.is(error) ? error : failed(error)
      } finally {
        resolver.cancel()
      }
    },
  }
}
