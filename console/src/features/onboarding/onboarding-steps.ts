import { formatCount, formatPlural } from '../../lib/numbers.ts'
import { onboardingStepNames, onboardingSteps, type OnboardingStep } from '../../lib/onboarding-drafts.ts'
import type { Tenant } from '../../panels/tenant.queries.ts'

/** How a step is: finished, finished but failing, left out on purpose, or still to be done. */
export type StepMark = 'done' | 'failed' | 'skipped' | 'open'

/** A step as the list of steps shows it. */
export interface StepView {
  step: OnboardingStep
  name: string
  /** What it came to so far: “Version 1, 214 words”. */
  finding: string
  mark: StepMark
}

/** What the server knows of a tenant's setup. */
export interface SetupFacts extends TenantFacts {
  tenant: Pick<Tenant, 'id' | 'system_prompt' | 'model_api_key' | 'pinecone_api_key' | 'pinecone_index'>
}

/** What it tells beside the tenant's settings. */
export interface TenantFacts {
  /** The newest version of its prompt; null before the first. */
  promptVersion: number | null
  users: number
  /** Who answers now; null when nobody can. */
  effective: { provider: string | null; model: string | null; retrieval: string }
  /** Connections that fail now. */
  failing: readonly string[]
  /** Answers that its users got. */
  answers: number
}

/** The steps before the tenant exists. */
export function describeFirstSteps(): StepView[] {
  const findings: Record<OnboardingStep, string> = {
    name: 'How it is called',
    prompt: 'How it answers',
    model: 'Who answers',
    pinecone: 'What it knows',
    users: 'Who may ask',
    try: 'Ask the first question',
  }
  return onboardingSteps.map((step) => ({
    step,
    name: onboardingStepNames[step],
    finding: findings[step],
    mark: 'open',
  }))
}

/** The steps of a tenant from what the server knows, what was passed over here, and what is typed and not yet saved. */
export function describeSteps(options: {
  facts: SetupFacts
  passed: readonly OnboardingStep[]
  typedPrompt: string | undefined
}): StepView[] {
  const { facts, passed, typedPrompt } = options
  const describe = (step: OnboardingStep): Pick<StepView, 'finding' | 'mark'> => {
    // Whoever answers already does with what there is.
    const isPassed = passed.includes(step) || facts.answers > 0
    switch (step) {
      case 'name':
        return { finding: facts.tenant.id, mark: 'done' }
      case 'prompt':
        return describePrompt({ facts, isPassed, typedPrompt })
      case 'model':
        return describeModel({ facts, isPassed })
      case 'pinecone':
        return describePinecone({ facts, isPassed })
      case 'users':
        if (facts.users > 0) return { finding: formatPlural(facts.users, 'user'), mark: 'done' }
        return isPassed ? skipped('nobody assigned') : { finding: 'Nobody assigned yet', mark: 'open' }
      default:
        return facts.answers > 0
          ? { finding: `${formatPlural(facts.answers, 'answer')} so far`, mark: 'done' }
          : { finding: 'Ask the first question', mark: 'open' }
    }
  }
  return onboardingSteps.map((step) => ({ step, name: onboardingStepNames[step], ...describe(step) }))
}

/** How many words a prompt has. */
export function countWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length
}

/** Where an onboarding goes on: where it was left, else at the first step that is still to be done. */
export function findResumeStep(options: {
  at: OnboardingStep | undefined
  steps: readonly StepView[]
}): OnboardingStep {
  if (options.at !== undefined) return options.at
  return options.steps.find(({ mark }) => mark === 'open' || mark === 'failed')?.step ?? 'try'
}

/** The step before another; undefined before the first. */
export function stepBefore(step: OnboardingStep): OnboardingStep | undefined {
  return onboardingSteps[onboardingSteps.indexOf(step) - 1]
}

/** The step after another; undefined after the last. */
export function stepAfter(step: OnboardingStep): OnboardingStep | undefined {
  return onboardingSteps[onboardingSteps.indexOf(step) + 1]
}

function describePrompt(options: {
  facts: SetupFacts
  isPassed: boolean
  typedPrompt: string | undefined
}): Pick<StepView, 'finding' | 'mark'> {
  const { facts, isPassed, typedPrompt } = options
  const saved = facts.tenant.system_prompt
  if (typedPrompt !== undefined && typedPrompt.trim() !== '' && typedPrompt !== saved) {
    return { finding: `Draft, ${formatWords(typedPrompt)}`, mark: 'open' }
  }
  if (saved !== null) {
    const version = facts.promptVersion === null ? '' : `Version ${formatCount(facts.promptVersion)}, `
    return { finding: version + formatWords(saved), mark: 'done' }
  }
  return isPassed ? skipped('the platform’s prompt') : { finding: 'The platform’s prompt', mark: 'open' }
}

function describeModel(options: { facts: SetupFacts; isPassed: boolean }): Pick<StepView, 'finding' | 'mark'> {
  const { facts, isPassed } = options
  const { provider, model } = facts.effective
  if (facts.failing.includes('model')) return { finding: 'The last call failed', mark: 'failed' }
  if (provider === null) return { finding: 'No model can answer yet', mark: isPassed ? 'failed' : 'open' }
  const finding = provider === 'offline' ? 'The offline model' : (model ?? provider)
  return { finding, mark: isPassed || facts.tenant.model_api_key.set ? 'done' : 'open' }
}

function describePinecone(options: { facts: SetupFacts; isPassed: boolean }): Pick<StepView, 'finding' | 'mark'> {
  const { facts, isPassed } = options
  const { pinecone_api_key: key, pinecone_index: index } = facts.tenant
  if (facts.failing.includes('pinecone')) return { finding: 'The last call failed', mark: 'failed' }
  if (key.set && index !== null) return { finding: index, mark: 'done' }
  return isPassed ? skipped('keyword search') : { finding: 'Not connected', mark: 'open' }
}

function skipped(instead: string): Pick<StepView, 'finding' | 'mark'> {
  return { finding: `Skipped: ${instead}`, mark: 'skipped' }
}

function formatWords(text: string): string {
  return formatPlural(countWords(text), 'word')
}
