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

/** Versions by model, in the order of the list. */
export function groupPrices(items: readonly Price[]): PricedModel[] {
  const groups = new Map<string, Price[]>()
  for (const price of items) {
    const key = `${price.provider}/${price.model}`
    groups.set(key, [...(groups.get(key) ?? []), price])
  }
  return [...groups].flatMap(([key, versions]) => {
    const shown = versions.find(({ state }) => state === 'current') ?? versions.at(-1)
    return shown ? [{ key, provider: shown.provider, model: shown.model, shown, versions }] : []
  })
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
