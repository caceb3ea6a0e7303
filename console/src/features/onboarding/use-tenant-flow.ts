import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect } from 'react'
import { finishOnboarding, findUnfinished, keepProgress, type Progress } from '../../lib/onboarding-drafts.ts'
import { tenantPath } from '../../lib/paths.ts'
import { useOnboardingDrafts } from '../../lib/use-onboarding-drafts.ts'
import { useView } from '../../lib/use-view.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'
import type { OnboardingViewer, TenantFlow } from './onboarding-flow.ts'
import { describeSteps, findResumeStep, stepAfter, stepBefore, type TenantFacts } from './onboarding-steps.ts'
import { onboardingView } from './onboarding.view.ts'

const nothingTyped: TenantFlow['typed'] = {}

type TypedChanges = Parameters<TenantFlow['keepTyped']>[0]

/** The onboarding of a tenant: where it is by the address, what was passed and typed by this browser, the rest by the server. */
export function useTenantFlow(options: {
  tenant: Tenant
  facts: TenantFacts
  userId: string
  isFirstShown: boolean
  viewer: OnboardingViewer
}): TenantFlow {
  const { tenant, facts, userId, isFirstShown, viewer } = options
  const { id, name } = tenant
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [view, changeView] = useView(onboardingView)
  const { drafts, change, isKept } = useOnboardingDrafts(userId)
  const begun = findUnfinished(drafts, id)
  const typed = begun?.typed ?? nothingTyped
  const hasTyped = Object.keys(typed).length > 0
  const steps = describeSteps({
    facts: { ...facts, tenant },
    passed: begun?.passed ?? [],
    typedPrompt: typed.system_prompt,
  })
  const step = view.step === 'last' ? findResumeStep({ at: begun?.at, steps }) : view.step

  const note = useCallback(
    (progress: Omit<Progress, 'id' | 'name' | 'savedAt'>): void => {
      change((all) => keepProgress(all, { ...progress, id, name, savedAt: new Date().toISOString() }))
    },
    [change, id, name],
  )
  const keepTyped = useCallback((changes: TypedChanges) => note({ typed: changes }), [note])
  useEffect(() => {
    // Every step's place is in the address, also when one came to where it was left.
    if (view.step === 'last') changeView({ step }, { typing: true })
  }, [view.step, step, changeView])
  useEffect(() => {
    if (begun !== undefined && begun.at !== step) note({ at: step })
  }, [begun, step, note])
  const isFinished = facts.answers > 0 && begun !== undefined && !hasTyped
  useEffect(() => {
    if (isFinished) change((all) => finishOnboarding(all, id))
  }, [isFinished, change, id])

  const refreshFacts = useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: ['tenant', id] })
  }, [queryClient, id])
  const before = stepBefore(step)
  return {
    viewer,
    tenant,
    facts,
    steps,
    step,
    isNew: begun !== undefined,
    isFirstShown,
    saved: { at: begun?.savedAt, isDraft: hasTyped, isKept },
    typed,
    onBack: before && (() => changeView({ step: before })),
    keepTyped,
    goOn: () => {
      note({ passing: step })
      refreshFacts()
      changeView({ step: stepAfter(step) ?? 'try' })
    },
    refreshFacts,
    finish: () => {
      change((all) => finishOnboarding(all, id))
      void navigate({ to: tenantPath(id) })
    },
  }
}
