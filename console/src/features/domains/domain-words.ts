import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, findRefusals, type ApiProblem } from '../../api/problem.ts'

/** Refusals whose own words tell best what stands in the way. */
const tellingCodes = new Set(['domain.taken', 'domain.too_many', 'domain.unproven', 'domain.lookup_failed'])

/** Why an origin was not added, at its field. */
export function describeRefusedOrigin(problem: ApiProblem): string {
  const [refusal] = findRefusals({ problem, names: ['origin'] })
  if (refusal) return refusal.message
  // The only thing in a tenant's domains that its manager may not do.
  if (problem.code === 'auth.forbidden' || tellingCodes.has(problem.code)) return problem.message
  const { title, advice } = describeProblem({ problem, attempt: 'other' })
  return `${title} ${advice}`
}

/** Why a domain was not verified: what was found, then what to do. */
export function describeFailedCheck(problem: ApiProblem): ProblemWords {
  switch (problem.code) {
    case 'domain.unproven':
      return { title: 'Not proven yet.', advice: problem.message }
    case 'domain.lookup_failed':
      return { title: 'The name servers did not answer.', advice: 'Nothing was changed. Try again in a minute.' }
    case 'domain.taken':
      return { title: 'Somebody else here has this domain.', advice: 'It has to be removed there first.' }
    case 'domain.not_found':
      return { title: 'This origin is gone.', advice: 'Somebody removed it meanwhile.' }
    default:
      return describeProblem({ problem, attempt: 'other' })
  }
}

/** Why this cannot be an origin, before it is sent; undefined when it may be one. The server has the last word. */
export function checkOriginShape(text: string): string | undefined {
  const typed = text.trim()
  if (typed === '') return 'Enter an origin.'
  if (!/^https?:\/\//i.test(typed)) return 'Begin with https://, as in https://chat.example.com.'
  const url = URL.parse(typed)
  if (!url || url.hostname === '' || typed.includes('*')) {
    return 'Enter one origin, such as https://chat.example.com, without wildcards.'
  }
  return url.pathname === '/' && url.search === '' && url.hash === '' ? undefined : `Leave the path out: ${url.origin}.`
}
