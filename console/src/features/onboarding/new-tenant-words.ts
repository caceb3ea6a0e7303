import { describeProblem, findRefusals, type ApiProblem } from '../../api/problem.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import type { OnboardingViewer } from './onboarding-flow.ts'

const names = ['name', 'id'] as const

/** Why a tenant was not made, and what it is called to whom this is told. */
interface Refusal {
  problem: ApiProblem
  noun: OnboardingViewer['noun']
}

/** What is told above the fields. */
export function describeRefusal({ problem, noun }: Refusal): ProblemWords {
  // Owners have no choice of database.
  if (problem.code !== 'tenant.dedicated_unavailable' || noun === 'organization')
    return describeProblem({ problem, attempt: 'other' })
  return {
    title: 'No database of its own can be made now.',
    advice: `${problem.message} Choose the shared database: the tenant can be moved later.`,
  }
}

/** What is told at the fields. */
export function findOwnRefusals({ problem, noun }: Refusal): { name: (typeof names)[number]; message: string }[] {
  if (problem.code === 'tenant.id_taken') return [{ name: 'id', message: describeTaken(noun) }]
  return findRefusals({ problem, names })
}

/** That an id is somebody else’s. */
export function describeTaken(noun: OnboardingViewer['noun']): string {
  return `Another ${noun} has this id. Choose another.`
}
