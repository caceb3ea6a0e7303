import type { Price } from './use-prices.ts'

const microUsdPerUsd = 1_000_000
const dollarsMax = 1_000_000

/** A model and its prices: the one in force first, or the next one where none is yet. */
export interface PricedModel {
  key: string
  provider: Price['provider']
  model: string
  shown: Price
  /** All versions, newest first. */
  versions: readonly Price[]
}

/** What a provider is called. */
export function nameProvider(provider: string): string {
  return providerNames[provider] ?? provider
}

const providerNames: Record<string, string> = {
  openai: 'OpenAI',
  deepseek: 'DeepSeek',
  'openai-compatible': 'OpenAI-compatible',
  offline: 'Built in, free',
}

/** Versions by model, by their names; the model that is built in comes last. */
export function groupPrices(items: readonly Price[]): PricedModel[] {
  const groups = new Map<string, Price[]>()
  for (const price of items) {
    const key = `${price.provider}/${price.model}`
    groups.set(key, [...(groups.get(key) ?? []), price])
  }
  const models = [...groups].flatMap(([key, versions]) => {
    const shown = versions.find(({ state }) => state === 'current') ?? versions.at(-1)
    return shown ? [{ key, provider: shown.provider, model: shown.model, shown, versions }] : []
  })
  const isBuiltIn = ({ provider }: PricedModel): number => (provider === 'offline' ? 1 : 0)
  return models.toSorted(
    (one, other) =>
      isBuiltIn(one) - isBuiltIn(other) ||
      one.model.localeCompare(other.model, 'en') ||
      one.provider.localeCompare(other.provider, 'en'),
  )
}

/** What a model costs once a version of its price is gone, for a question. */
export function tellWithout(versions: readonly Price[], removed: Price): string {
  if (removed.state !== 'current') return 'What was counted stays as it was, and the price in force stays.'
  const next = versions.find(({ state }) => state === 'past')
  return next
    ? `From now on it costs ${formatRate(next.input_per_million_micro_usd)} input and ${formatRate(next.output_per_million_micro_usd)} output again.`
    : 'From now on it has no price: its cost is unknown, and tenants with a budget are refused.'
}

/** Dollars for a million tokens, as exact as they were entered: “$0.15”. */
export function formatRate(microUsd: number): string {
  const dollars = microUsd / microUsdPerUsd
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`
}

/** Whether a text is a price in dollars. */
export function checkRate(text: string): string | true {
  const plain = text.trim().replace(/^\$/, '')
  if (plain === '') return 'Enter a price; 0 if it is free.'
  if (!/^\d+(\.\d{1,6})?$/.test(plain)) return 'Dollars, such as 0.15.'
  return Number(plain) <= dollarsMax || 'A million dollars at most.'
}

/** What was typed, in micro-USD. */
export function readRate(text: string): number {
  return Math.round(Number(text.trim().replace(/^\$/, '')) * microUsdPerUsd)
}
