import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, type ApiProblem } from '../../api/problem.ts'
import { formatWait } from '../../lib/format.ts'
import { formatDate } from '../../lib/times.ts'

/** What a key may be used for. */
export type ApiKeyScope = 'chat' | 'conversations'

/** Each scope as a choice. */
export const scopeChoices: readonly { value: ApiKeyScope; label: string; hint: string }[] = [
  { value: 'chat', label: 'Ask', hint: 'Chat by this API and by /v1, for OpenAI’s clients.' },
  {
    value: 'conversations',
    label: 'Conversations',
    hint: 'List, read, rename and delete the conversations that this key began.',
  },
]

/** When a key expires, in days. */
export const lifetimeChoices = [
  { value: '0', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
] as const

/** How long the old secret is accepted after a rotation, in minutes. */
export const graceChoices = [
  { value: '1440', label: 'A day' },
  { value: '60', label: 'An hour' },
  { value: '10080', label: 'A week' },
  { value: '0', label: 'Nothing: it stops at once' },
] as const

/** What a key may do, in a word or two. */
export function describeScopes(scopes: readonly ApiKeyScope[]): string {
  const names = scopeChoices.filter(({ value }) => scopes.includes(value)).map(({ label }) => label)
  return names.length === scopeChoices.length ? 'Everything' : `${names.join(', ')} only`
}

/** What a manager should know of a key's ends: that it has expired, expires soon, or that its old secret still opens. */
export function describeEnds(options: {
  key: { status: 'active' | 'expired'; expires_at: string | null; grace_until: string | null }
  now: Date
}): { kind: 'fine' | 'working' | 'attention' | 'suspended'; words: string } {
  const { key, now } = options
  if (key.status === 'expired') return { kind: 'suspended', words: 'Expired' }
  if (key.grace_until !== null) {
    const seconds = (new Date(key.grace_until).getTime() - now.getTime()) / 1000
    if (seconds > 0) {
      const left = formatWait(Math.max(1, seconds - nowSecondsOldMax))
      return { kind: 'working', words: `Old secret works for ${left} more` }
    }
  }
  if (key.expires_at === null) return { kind: 'fine', words: 'Never expires' }
  const seconds = (new Date(key.expires_at).getTime() - now.getTime()) / 1000
  const isSoon = seconds < soonSeconds
  const day = formatDate({ time: key.expires_at, now })
  return { kind: isSoon ? 'attention' : 'fine', words: isSoon ? `Expires on ${day}` : `Expires ${day}` }
}

const soonSeconds = 14 * 86_400
/** The page's clock is renewed each half minute. */
const nowSecondsOldMax = 30

/** When a key of so many days ends; null for one without an end. */
export function findExpiry(options: { days: number; now: Date }): string | null {
  return options.days === 0 ? null : new Date(options.now.getTime() + options.days * 86_400_000).toISOString()
}

/** Why a key was not made, rotated or revoked. */
export function describeRefusal(problem: ApiProblem): ProblemWords {
  switch (problem.code) {
    case 'api_key.too_many':
      return { title: 'There are as many keys as there may be.', advice: 'Revoke one that nobody uses any more.' }
    case 'api_key.not_found':
      return { title: 'This key is gone.', advice: 'Somebody revoked it meanwhile.' }
    default:
      return describeProblem({ problem, attempt: 'other' })
  }
}
