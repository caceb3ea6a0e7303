import type { TenantRecord } from '../data/tenants.data.ts'
import type { EmbeddingTarget } from '../external/embeddings.ts'
import type { ModelProvider, ModelTarget } from '../external/language-model.ts'
import { defineError } from '../platform/errors.ts'
import type { TenantSecrets } from './tenant-secrets.ts'

/** No model can answer for this tenant as it is set up. */
export const modelNotConfigured = defineError({
  code: 'model.not_configured',
  status: 503,
  title: 'No model is set up',
})

/** The platform's own models. */
export interface PlatformModels {
  openai: { apiKey: string | undefined; baseUrl: string }
  deepseek: { apiKey: string | undefined; baseUrl: string }
  /** Whether the built-in offline model may answer. */
  offline: boolean
  defaultModel: string | undefined
  /** Whether the keys are also for organizations that owners made by themselves. */
  forOrganizations: boolean
}

/** What decides over a tenant's model; a draft of a test has it too. */
export type ModelSettings = Pick<
  TenantRecord,
  'modelProvider' | 'model' | 'modelBaseUrl' | 'modelApiKeyOrigin' | 'isSelfMade'
>

const defaultModels = { openai: 'gpt-4o-mini', deepseek: 'deepseek-chat' } as const

/**
 * The provider in force: the tenant's choice, else automatic — the tenant's own key, else the platform's openai, else
 * its deepseek, else the offline model where it is allowed (design §5).
 */
function pickProvider(
  settings: ModelSettings,
  options: { hasOwnKey: boolean; platform: PlatformModels },
): ModelProvider | undefined {
  if (settings.modelProvider) return settings.modelProvider
  if (settings.modelBaseUrl) return 'openai-compatible'
  if (options.hasOwnKey) return 'openai'
  if (platformKeyFor(settings, 'openai', options.platform)) return 'openai'
  if (platformKeyFor(settings, 'deepseek', options.platform)) return 'deepseek'
  return options.platform.offline ? 'offline' : undefined
}

/** The platform's key, if there is one and this tenant may use it. */
function platformKeyFor(
  tenant: Pick<TenantRecord, 'isSelfMade'>,
  vendor: 'openai' | 'deepseek',
  platform: PlatformModels,
): string | undefined {
  return tenant.isSelfMade && !platform.forOrganizations ? undefined : platform[vendor].apiKey
}

/**
 * The place that a tenant's model key is entered for: a vendor, or a whole base URL (behind a gateway the path decides
 * who gets it). A key entered for one place is never sent to another (guarantee C2). Null when the settings send no key anywhere.
 */
export function modelKeyOrigin(settings: Pick<ModelSettings, 'modelProvider' | 'modelBaseUrl'>): string | null {
  if (settings.modelProvider === 'offline') return null
  // What is no address came into the row by SQL; the guarded fetch refuses it.
  if (settings.modelBaseUrl) return settings.modelBaseUrl
  return settings.modelProvider === 'deepseek' ? 'deepseek' : 'openai'
}

/**
 * Where a tenant's calls go, and with which key. The platform's key goes only to the platform's own address; the
 * tenant's own only to the place it was entered for. Throws `model.not_configured` 503.
 */
export function chooseModelTarget(
  settings: ModelSettings,
  options: { ownKey: string | undefined; platform: PlatformModels },
): ModelTarget {
  const { ownKey, platform } = options
  const provider = pickProvider(settings, { hasOwnKey: ownKey !== undefined, platform })
  if (!provider)
    throw refuse('No model provider is set up. Give this tenant its own key, or set OPENAI_API_KEY on the server.')
  if (provider === 'offline') {
    if (!platform.offline) throw refuse('The offline model is switched off on this server. Choose another provider.')
    return { provider, baseUrl: '', apiKey: '', model: 'offline', trusted: true }
  }
  const model =
    settings.model ?? platform.defaultModel ?? (provider === 'openai-compatible' ? undefined : defaultModels[provider])
  if (!model) throw refuse('This provider needs the name of a model.')
  if (settings.modelBaseUrl) {
    if (!ownKey) throw refuse("A base URL of the tenant's own needs the tenant's own key.")
    ensureKeyBelongs(settings)
    return { provider, baseUrl: settings.modelBaseUrl, apiKey: ownKey, model, trusted: false }
  }
  if (provider === 'openai-compatible') throw refuse('An OpenAI-compatible provider needs its base URL.')
  const { baseUrl } = platform[provider]
  if (ownKey) {
    ensureKeyBelongs(settings)
    return { provider, baseUrl, apiKey: ownKey, model, trusted: true }
  }
  const apiKey = platformKeyFor(settings, provider, platform)
  if (!apiKey) throw refuse(`There is no key for ${provider}. Give this tenant its own, or set the platform's.`)
  return { provider, baseUrl, apiKey, model, trusted: true }
}

/** The target of a stored tenant, its key opened. */
export async function chooseModel(
  tenant: TenantRecord,
  options: { secrets: TenantSecrets; platform: PlatformModels },
): Promise<ModelTarget> {
  return chooseModelTarget(tenant, {
    ownKey: await options.secrets.open(tenant, 'modelApiKey'),
    platform: options.platform,
  })
}

/**
 * Where a tenant's texts are embedded: with its own key at its own place, else with the platform's openai key. DeepSeek
 * and the offline model embed nothing. Undefined when nobody can.
 */
export async function chooseEmbeddingTarget(
  tenant: TenantRecord,
  options: { secrets: TenantSecrets; platform: PlatformModels },
): Promise<EmbeddingTarget | undefined> {
  const { secrets, platform } = options
  const ownKey = await secrets.open(tenant, 'modelApiKey')
  const origin = modelKeyOrigin(tenant)
  if (ownKey && origin !== null && origin !== 'deepseek' && origin === tenant.modelApiKeyOrigin) {
    return tenant.modelBaseUrl
      ? { baseUrl: tenant.modelBaseUrl, apiKey: ownKey, model: tenant.embeddingModel, trusted: false }
      : { baseUrl: platform.openai.baseUrl, apiKey: ownKey, model: tenant.embeddingModel, trusted: true }
  }
  const platformKey = platformKeyFor(tenant, 'openai', platform)
  if (!platformKey) return undefined
  return {
    baseUrl: platform.openai.baseUrl,
    apiKey: platformKey,
    model: tenant.embeddingModel,
    trusted: true,
  }
}

function ensureKeyBelongs(settings: ModelSettings): void {
  if (settings.modelApiKeyOrigin !== modelKeyOrigin(settings)) {
    throw refuse('The key was entered for another address. Enter it again for this one.')
  }
}

function refuse(detail: string): Error {
  return modelNotConfigured({ detail })
}

/** What a tenant's settings come to: who would answer, how passages would be looked for, and in which Pinecone index. */
export interface EffectiveSettings {
  provider: ModelProvider | null
  model: string | null
  retrieval: 'off' | 'keyword' | 'semantic' | 'hybrid'
  pineconeIndex: string | null
}

/** What a tenant's settings come to, for showing. Opens no secret and never throws. */
export function effectiveSettings(
  tenant: TenantRecord,
  platform: {
    models: PlatformModels
    index: { indexName: string | undefined; apiKey: string | undefined; shared: boolean }
  },
): EffectiveSettings {
  const provider = pickProvider(tenant, { hasOwnKey: tenant.modelApiKey !== null, platform: platform.models }) ?? null
  const fallback =
    provider === null || provider === 'openai-compatible'
      ? null
      : provider === 'offline'
        ? 'offline'
        : defaultModels[provider]
  const model = provider === 'offline' ? 'offline' : (tenant.model ?? platform.models.defaultModel ?? fallback)
  const pineconeIndex = findPineconeIndex(tenant, platform.index)
  return {
    provider,
    model,
    retrieval: tenant.retrieval ?? (pineconeIndex === undefined ? 'keyword' : 'hybrid'),
    pineconeIndex: pineconeIndex ?? null,
  }
}

/** The index of the tenant's own key, else the shared one. */
function findPineconeIndex(
  tenant: TenantRecord,
  platform: { indexName: string | undefined; apiKey: string | undefined; shared: boolean },
): string | undefined {
  const ownIndex = tenant.pineconeApiKey === null ? undefined : (tenant.pineconeIndex ?? platform.indexName)
  return ownIndex ?? (platform.shared && platform.apiKey !== undefined ? platform.indexName : undefined)
}
