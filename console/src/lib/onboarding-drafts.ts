/** The steps of onboarding a tenant, in order. */
export const onboardingSteps = ['name', 'prompt', 'model', 'pinecone', 'users', 'try'] as const

/** A step of onboarding a tenant. */
export type OnboardingStep = (typeof onboardingSteps)[number]

/** What each step is called. */
export const onboardingStepNames: Record<OnboardingStep, string> = {
  name: 'Name and id',
  prompt: 'Prompt',
  model: 'Model',
  pinecone: 'Pinecone',
  users: 'Users',
  try: 'Try it now',
}

/** What was typed for a tenant that does not exist yet. */
export interface NewTenantDraft {
  name: string
  id: string
  /** Somebody wrote the id; else it follows the name. */
  hasOwnId: boolean
  /** Where it is to live; left out in older drafts, which is pooled. */
  isolation?: 'pooled' | 'dedicated'
  /** The server it is to live on; left out, or '': wherever there is most room. */
  server?: string
  /** When it was last changed, RFC 3339. */
  savedAt: string
}

/** A tenant whose onboarding was begun and is not finished, and what was typed for it and not yet saved. */
export interface UnfinishedTenant {
  id: string
  name: string
  /** Where its onboarding was left. */
  at: OnboardingStep
  /** The steps that were saved or skipped. */
  passed: readonly OnboardingStep[]
  /** By the names of the tenant's fields; never a key. */
  typed: Readonly<Record<string, string>>
  savedAt: string
}

/** Everything of somebody's onboardings that the server does not know. */
export interface OnboardingDrafts {
  fresh: NewTenantDraft | undefined
  /** Newest first. */
  unfinished: readonly UnfinishedTenant[]
}

const unfinishedMax = 50

/** Nobody began anything. */
export const noDrafts: OnboardingDrafts = { fresh: undefined, unfinished: [] }

/** Reads what storage holds; what cannot be read is left out. */
export function parseDrafts(text: string | null): OnboardingDrafts {
  const value = text === null ? undefined : parseJson(text)
  if (!isRecord(value)) return noDrafts
  return {
    fresh: isNewTenant(value.fresh) ? value.fresh : undefined,
    unfinished: Array.isArray(value.unfinished) ? value.unfinished.filter(isUnfinished).slice(0, unfinishedMax) : [],
  }
}

/** Keeps what is typed for a new tenant; nothing typed is nothing to keep. */
export function keepNewTenant(drafts: OnboardingDrafts, typed: NewTenantDraft): OnboardingDrafts {
  const isEmpty = typed.name.trim() === '' && typed.id === ''
  return { ...drafts, fresh: isEmpty ? undefined : typed }
}

/** The new tenant exists from now on: its draft becomes an onboarding under way. */
export function beginOnboarding(
  drafts: OnboardingDrafts,
  tenant: { id: string; name: string; savedAt: string },
): OnboardingDrafts {
  const begun: UnfinishedTenant = { ...tenant, at: 'prompt', passed: ['name'], typed: {} }
  return { fresh: undefined, unfinished: putFirst(drafts.unfinished, begun) }
}

/** What is noted of an onboarding; what is left out stays as it was. */
export interface Progress {
  id: string
  name: string
  savedAt: string
  /** Where it is now. */
  at?: OnboardingStep
  /** A step that was saved or skipped just now. */
  passing?: OnboardingStep
  /** What was typed and not saved, by field; undefined for what was saved or taken back. Keys are dropped. */
  typed?: Readonly<Record<string, string | undefined>>
}

/**
 * Notes how an onboarding goes on. One that was not begun here is begun only by typing: looking at a tenant's setup
 * does not make it unfinished.
 */
export function keepProgress(drafts: OnboardingDrafts, progress: Progress): OnboardingDrafts {
  const { id, name, savedAt, at, passing, typed } = progress
  const known = findUnfinished(drafts, id)
  const isTyped = Object.values(typed ?? {}).some((text) => text !== undefined)
  if (!known && !isTyped) return drafts
  const before: UnfinishedTenant = known ?? { id, name, at: at ?? 'prompt', passed: ['name'], typed: {}, savedAt }
  const after: UnfinishedTenant = {
    ...before,
    name,
    savedAt,
    at: at ?? before.at,
    passed: passing === undefined ? before.passed : [...new Set([...before.passed, passing])],
    typed: mergeTyped(before.typed, typed ?? {}),
  }
  return { ...drafts, unfinished: putFirst(drafts.unfinished, after) }
}

/** Forgets an onboarding that is finished, or whose tenant is gone. */
export function finishOnboarding(drafts: OnboardingDrafts, id: string): OnboardingDrafts {
  return { ...drafts, unfinished: drafts.unfinished.filter((tenant) => tenant.id !== id) }
}

/** The onboarding of a tenant that was begun and is not finished. */
export function findUnfinished(drafts: OnboardingDrafts, id: string): UnfinishedTenant | undefined {
  return drafts.unfinished.find((tenant) => tenant.id === id)
}

/** The key of a model or an index is nothing for a browser to keep. */
const isKeyName = (field: string): boolean => field.endsWith('_key')

function mergeTyped(
  before: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const after: Record<string, string> = {}
  for (const [field, text] of Object.entries({ ...before, ...changes })) {
    if (text !== undefined && !isKeyName(field)) after[field] = text
  }
  return after
}

function putFirst(tenants: readonly UnfinishedTenant[], first: UnfinishedTenant): readonly UnfinishedTenant[] {
  return [first, ...tenants.filter(({ id }) => id !== first.id)].slice(0, unfinishedMax)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isNewTenant(value: unknown): value is NewTenantDraft {
  return (
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.id === 'string' &&
    typeof value.hasOwnId === 'boolean' &&
    (value.isolation === undefined || value.isolation === 'pooled' || value.isolation === 'dedicated') &&
    typeof value.savedAt === 'string'
  )
}

function isUnfinished(value: unknown): value is UnfinishedTenant {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.name === 'string' &&
    typeof value.savedAt === 'string' &&
    isStep(value.at) &&
    Array.isArray(value.passed) &&
    value.passed.every(isStep) &&
    isRecord(value.typed) &&
    Object.values(value.typed).every((text) => typeof text === 'string')
  )
}

function isStep(value: unknown): value is OnboardingStep {
  return onboardingSteps.some((step) => step === value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
