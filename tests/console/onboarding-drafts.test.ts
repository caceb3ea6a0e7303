import { describe, expect, test } from 'bun:test'
import { createDraftStore, type DraftStorage } from '../../console/src/lib/draft-store.ts'
import {
  beginOnboarding,
  findUnfinished,
  finishOnboarding,
  keepNewTenant,
  keepProgress,
  noDrafts,
  parseDrafts,
} from '../../console/src/lib/onboarding-drafts.ts'

const savedAt = '2026-11-21T15:00:00.000Z'
const kepler = { id: 'kepler-health', name: 'Kepler Health', savedAt }
const begun = beginOnboarding(noDrafts, kepler)

/** Storage as a browser has it, shared by whoever is given it; `closed` throws as a browser does that keeps nothing. */
function makeStorage(): DraftStorage & { items: Map<string, string>; closed: boolean } {
  const items = new Map<string, string>()
  const storage = {
    items,
    closed: false,
    getItem: (key: string) => {
      if (storage.closed) throw new Error('closed')
      return items.get(key) ?? null
    },
    setItem: (key: string, text: string) => {
      if (storage.closed) throw new Error('no room')
      items.set(key, text)
    },
    removeItem: (key: string) => {
      if (storage.closed) throw new Error('closed')
      items.delete(key)
    },
  }
  return storage
}

describe('what an onboarding keeps', () => {
  test('a name and an id that were typed are kept until the tenant exists; nothing typed is nothing to keep', () => {
    const typed = { name: 'Kepler', id: 'kepler', hasOwnId: false, savedAt }
    const drafts = keepNewTenant(noDrafts, typed)
    expect(drafts.fresh).toEqual(typed)
    expect(beginOnboarding(drafts, kepler).fresh).toBeUndefined()
    expect(keepNewTenant(drafts, { ...typed, name: '  ', id: '' }).fresh).toBeUndefined()
  })

  test('where it was left, what was passed and what was typed come back; saving takes the typed text away', () => {
    const later = { ...kepler, savedAt: '2026-11-21T15:01:00.000Z' }
    const typing = keepProgress(begun, { ...later, typed: { system_prompt: 'Be brief.', pinecone_index: 'docs' } })
    const moved = keepProgress(typing, { ...later, passing: 'prompt', typed: { system_prompt: undefined } })
    const left = keepProgress(moved, { ...later, at: 'pinecone', passing: 'prompt' })
    expect(findUnfinished(left, kepler.id)).toEqual({
      ...later,
      at: 'pinecone',
      passed: ['name', 'prompt'],
      typed: { pinecone_index: 'docs' },
    })
  })

  test('a key that is typed never reaches the browser’s storage', () => {
    const typed = { model_api_key: 'sk-secret-1', pinecone_api_key: 'pc-secret-2', model: 'gpt-4o' }
    const kept = keepProgress(begun, { ...kepler, typed })
    expect(findUnfinished(kept, kepler.id)?.typed).toEqual({ model: 'gpt-4o' })
    expect(JSON.stringify(kept)).not.toContain('secret')
  })

  test('looking at a tenant’s setup does not make it unfinished, typing does', () => {
    expect(keepProgress(noDrafts, { ...kepler, at: 'users', passing: 'model' })).toBe(noDrafts)
    expect(keepProgress(noDrafts, { ...kepler, typed: { system_prompt: undefined } })).toBe(noDrafts)
    const typing = keepProgress(noDrafts, { ...kepler, typed: { name: 'Kepler' } })
    expect(findUnfinished(typing, kepler.id)?.typed).toEqual({ name: 'Kepler' })
  })

  test('the newest comes first, one finished is gone, and the others stay', () => {
    const two = beginOnboarding(begun, { ...kepler, id: 'aalto' })
    expect(two.unfinished.map(({ id }) => id)).toEqual(['aalto', 'kepler-health'])
    const again = keepProgress(two, { ...kepler, at: 'try' })
    expect(again.unfinished.map(({ id }) => id)).toEqual(['kepler-health', 'aalto'])
    expect(finishOnboarding(again, 'kepler-health').unfinished.map(({ id }) => id)).toEqual(['aalto'])
  })

  test('what storage holds is read as far as it can be', () => {
    expect(parseDrafts(null)).toEqual(noDrafts)
    expect(parseDrafts('{"fresh":')).toEqual(noDrafts)
    expect(parseDrafts('[1]')).toEqual(noDrafts)
    const good = begun.unfinished[0]
    const mixed = {
      fresh: { name: 1 },
      unfinished: [{ ...good, at: 'elsewhere' }, { ...good, typed: { name: 1 } }, good],
    }
    expect(parseDrafts(JSON.stringify(mixed))).toEqual(begun)
  })
})

describe('the store of drafts', () => {
  test('what is kept outlasts the page, and each user has their own', () => {
    const storage = makeStorage()
    createDraftStore({ storage: () => storage }).change('maren', () => begun)
    const next = createDraftStore({ storage: () => storage })
    expect(next.read('maren')).toEqual(begun)
    expect(next.read('ivo')).toEqual(noDrafts)
    next.change('maren', (drafts) => finishOnboarding(drafts, kepler.id))
    expect(storage.items.size).toBe(0)
  })

  test('the same object is read until something changes, also when another tab changed it', () => {
    const storage = makeStorage()
    const store = createDraftStore({ storage: () => storage })
    store.change('maren', () => begun)
    expect(store.read('maren')).toBe(store.read('maren'))
    createDraftStore({ storage: () => storage }).change('maren', (drafts) =>
      keepProgress(drafts, { ...kepler, at: 'users' }),
    )
    expect(findUnfinished(store.read('maren'), kepler.id)?.at).toBe('users')
  })

  test('a browser that keeps nothing is told of, and what was typed lasts as long as the page', () => {
    const storage = makeStorage()
    const store = createDraftStore({ storage: () => storage })
    let told = 0
    const unsubscribe = store.subscribe(() => {
      told += 1
    })
    store.change('maren', () => begun)
    expect(store.isKept()).toBe(true)
    storage.closed = true
    store.change('maren', (drafts) => keepProgress(drafts, { ...kepler, at: 'users' }))
    expect(store.isKept()).toBe(false)
    expect(findUnfinished(store.read('maren'), kepler.id)?.at).toBe('users')
    storage.closed = false
    expect(findUnfinished(store.read('maren'), kepler.id)?.at).toBe('users')
    store.change('maren', (drafts) => keepProgress(drafts, { ...kepler, at: 'try' }))
    expect(store.isKept()).toBe(true)
    expect(parseDrafts(storage.items.get('tenantry.onboarding.maren') ?? null)).toEqual(store.read('maren'))
    expect(told).toBe(3)
    unsubscribe()
    store.change('maren', () => noDrafts)
    expect(told).toBe(3)
  })
})
