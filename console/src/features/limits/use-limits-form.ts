import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { type UseFormReturn, useForm } from 'react-hook-form'
import { useApi } from '../../api/api-context.ts'
import type { ProblemWords } from '../../api/problem-words.ts'
import { describeProblem, toProblem } from '../../api/problem.ts'
import { useView } from '../../lib/use-view.ts'
import { type Tenant, useChangeTenant } from '../../panels/tenant.queries.ts'
import { limits, type LimitScope, type LimitTexts, readTexts, writeTexts } from './limit-words.ts'
import { getLimitsQueryOptions } from './limits.queries.ts'
import { limitsView } from './limits.view.ts'
import type { LimitName } from '../../panels/limit-names.ts'

/** The form of a tenant's limits, and what became of saving it. */
export interface EditedLimits {
  form: UseFormReturn<LimitTexts>
  /** What the server said to the last try. */
  problem: ProblemWords | undefined
  saving: boolean
  saved: boolean
  save: () => void
  discard: () => void
  /** Puts the focus into the field from which on requests are refused. */
  goTo: (limit: { name: LimitName; scope: LimitScope }) => void
}

/** Edits a tenant's limits; whoever comes for one of them finds the focus in its field. */
export function useLimitsForm(tenant: Tenant): EditedLimits {
  const api = useApi()
  const queryClient = useQueryClient()
  const change = useChangeTenant(tenant.id)
  const [saved, setSaved] = useState(false)
  const [{ limit: wanted, of }] = useView(limitsView)
  const form = useForm<LimitTexts>({ mode: 'onTouched', defaultValues: writeTexts(tenant.limits) })
  const { isDirty } = form.formState
  const { setFocus } = form
  useEffect(() => {
    const name = limits.find((limit) => limit.name === wanted)?.name
    if (name !== undefined) setFocus(`${of === 'user' ? 'user' : 'tenant'}.hard.${name}`, { shouldSelect: true })
  }, [setFocus, wanted, of])
  const submit = form.handleSubmit(async (texts) => {
    setSaved(false)
    try {
      const changed = await change.mutateAsync({ limits: readTexts(texts) })
      form.reset(writeTexts(changed.limits))
      setSaved(true)
      await queryClient.invalidateQueries({ queryKey: getLimitsQueryOptions(api, tenant.id).queryKey })
    } catch (thrown) {
      for (const { path, message } of toProblem(thrown).refusedFields) {
        if (path.split('.').at(-1) === 'cost_per_month_micro_usd') {
          form.setError('tenant.hard.cost_per_month_micro_usd', { message }, { shouldFocus: true })
        }
      }
    }
  })
  return {
    form,
    problem: change.error ? describeProblem({ problem: toProblem(change.error), attempt: 'other' }) : undefined,
    saving: change.isPending,
    saved: saved && !isDirty,
    save: () => void submit(),
    discard: () => {
      change.reset()
      form.reset()
    },
    goTo: ({ name, scope }) => setFocus(`${scope}.hard.${name}`, { shouldSelect: true }),
  }
}
