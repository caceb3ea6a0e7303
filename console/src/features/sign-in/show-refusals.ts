import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form'
import { findRefusals, type ApiProblem } from '../../api/problem.ts'

/**
 * Puts what the server refused at the fields of a form, and the focus into the first. The submit counts as failed either
 * way. Returns the problem when it is about no field, to be told above the form.
 */
export function showRefusals<Fields extends FieldValues>(options: {
  form: UseFormReturn<Fields>
  problem: ApiProblem
  names: readonly FieldPath<Fields>[]
}): ApiProblem | undefined {
  const { form, problem, names } = options
  form.setError('root', { type: problem.code })
  const refusals = findRefusals({ problem, names })
  for (const { name, message } of refusals) form.setError(name, { message }, { shouldFocus: true })
  return refusals.length > 0 ? undefined : problem
}
