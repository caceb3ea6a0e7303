import { describe, expect, test } from 'bun:test'
import { chooseShown, isChange } from '../../console/src/features/prompt/choose-shown.ts'
import { describeAuthor, describeVersions } from '../../console/src/features/prompt/describe-versions.ts'
import { describeDraftAge } from '../../console/src/features/prompt/draft-state.tsx'
import { createDraftStore, type PromptDraft } from '../../console/src/features/prompt/draft-store.ts'
import { checkPrompt, describeSize, toPrompt } from '../../console/src/features/prompt/prompt-text.ts'
import type { PromptVersion, Versions } from '../../console/src/features/prompt/prompt.queries.ts'
import { countChanges, diffTexts, foldRows, type TextDiff } from '../../console/src/features/prompt/text-diff.ts'

/** A comparison as a person reads it: the sign, the line, changed words in brackets. */
const readDiff = ({ rows }: TextDiff): string[] =>
  rows.map(({ kind, parts }) => {
    const sign = { same: ' ', removed: '-', added: '+' }[kind]
    return sign + parts.map(({ text, marked }) => (marked ? `[${text}]` : text)).join('')
  })

describe('the comparison of two prompts', () => {
  test('marks the changed words of a changed line, and leaves lines that are simply others unmarked', () => {
    const before = 'You answer for Kepler.\n\nBe friendly.\nIf you are not sure, say so.'
    const after =
      'You answer for Kepler.\n\nLead with what to do next, in four sentences.\nIf you are not sure, say you do not know.'
    const diff = diffTexts({ before, after })
    expect(readDiff(diff)).toEqual([
      ' You answer for Kepler.',
      ' ',
      '-Be friendly.',
      '-If you are not sure, say [so].',
      '+Lead with what to do next, in four sentences.',
      '+If you are not sure, say [you do not know].',
    ])
    expect([diff.added, diff.removed]).toEqual([2, 2])
  })

  test('numbers each line as it stands in its own text', () => {
    const { rows } = diffTexts({ before: 'a\nb\nc', after: 'a\nx\ny\nc' })
    expect(rows.map(({ before, after }) => [before, after])).toEqual([
      [1, 1],
      [2, undefined],
      [undefined, 2],
      [undefined, 3],
      [3, 4],
    ])
  })

  test.each([
    ['', 'a\nb', 2, 0],
    ['a\nb', '', 0, 2],
    ['a', 'a\n', 1, 0],
    ['a\r\nb', 'a\nb', 0, 0],
    ['same', 'same', 0, 0],
  ])('from %j to %j it counts the lines', (before, after, added, removed) => {
    const diff = diffTexts({ before, after })
    expect([diff.added, diff.removed]).toEqual([added, removed])
    expect(countChanges({ before, after })).toEqual({ added, removed })
  })

  test('of the longest prompts that share nothing is told whole, quickly, and loses no line', () => {
    const text = (seed: number): string =>
      Array.from({ length: 9000 }, (_, at) => `word ${(at * seed) % 9973}`).join('\n')
    const startedMs = performance.now()
    const { rows, added, removed } = diffTexts({ before: `head\n${text(7)}\ntail`, after: `head\n${text(13)}\ntail` })
    expect(performance.now() - startedMs).toBeLessThan(3000)
    expect(rows.filter(({ kind }) => kind !== 'added')).toHaveLength(9002)
    expect(rows.length).toBe(9002 + added)
    expect(rows.filter(({ kind }) => kind !== 'removed')).toHaveLength(rows.length - removed)
    expect(rows.at(-1)).toMatchObject({ kind: 'same', before: 9002, after: 9002 })
  })

  test('folds only what is far from every change', () => {
    const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`)
    const before = lines.join('\n')
    const { rows } = diffTexts({ before, after: before.replace('line 10', 'line ten') })
    const folded = foldRows(rows, 2)
    expect(folded.map(({ kind, rows: some }) => [kind, some.length])).toEqual([
      ['fold', 8],
      ['rows', 6],
      ['fold', 7],
    ])
    expect(foldRows(diffTexts({ before: 'a\nb\nc', after: 'a\nb\nd' }).rows, 0).map(({ kind }) => kind)).toEqual([
      'rows',
      'rows',
    ])
  })
})

describe('a draft', () => {
  const key = { userId: 'ada', tenantId: 'kepler' }
  const draft: PromptDraft = { text: 'Be kind.', baseVersion: 3, savedAt: '2026-11-21T10:00:00Z' }
  const makeStorage = () => {
    const kept = new Map<string, string>()
    let refuses = false
    return {
      kept,
      refuse: () => {
        refuses = true
      },
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => {
        if (refuses) throw new DOMException('full', 'QuotaExceededError')
        kept.set(name, text)
      },
      removeItem: (name: string) => void kept.delete(name),
    }
  }
  const openStore = (storage: ReturnType<typeof makeStorage>) =>
    createDraftStore({ storage: () => storage, listenToTabs: () => () => undefined })

  test('outlasts the page, and is the same object until it is written', () => {
    const storage = makeStorage()
    openStore(storage).write(key, draft)
    const store = openStore(storage)
    expect(store.read(key)).toEqual(draft)
    expect(store.read(key)).toBe(store.read(key))
    expect(store.isKept(key)).toBe(true)
    store.write(key, undefined)
    expect(store.read(key)).toBeUndefined()
    expect(storage.kept.size).toBe(0)
  })

  test('is one person’s and one tenant’s', () => {
    const store = openStore(makeStorage())
    store.write(key, draft)
    expect(store.read({ ...key, userId: 'eve' })).toBeUndefined()
    expect(store.read({ ...key, tenantId: 'northwind' })).toBeUndefined()
  })

  test('that the browser refuses to keep is held, said to be unkept, and told to whoever listens', () => {
    const storage = makeStorage()
    const store = openStore(storage)
    let told = 0
    const stop = store.subscribe(() => (told += 1))
    storage.refuse()
    store.write(key, draft)
    expect([store.read(key), store.isKept(key), told]).toEqual([draft, false, 1])
    store.write(key, undefined)
    expect([store.read(key), store.isKept(key), told]).toEqual([undefined, true, 2])
    stop()
    store.write(key, draft)
    expect(told).toBe(2)
  })

  test.each(['{', 'null', '{"text":1}', '{"text":"a","baseVersion":1,"savedAt":"never"}'])(
    'that cannot be read (%s) is none',
    (text) => {
      const storage = makeStorage()
      storage.kept.set('tenantry.prompt_draft.ada.kepler', text)
      expect(openStore(storage).read(key)).toBeUndefined()
    },
  )

  test('tells its age', () => {
    const ageAt = (time: string): string => describeDraftAge({ savedAt: draft.savedAt, now: new Date(time) })
    expect(ageAt('2026-11-21T09:59:00Z')).toBe('just now')
    expect(ageAt('2026-11-21T10:00:12Z')).toBe('12 s ago')
    expect(ageAt('2026-11-21T10:03:00Z')).toBe('3 min ago')
  })
})

const versionOf = (version: number, system_prompt: string | null): PromptVersion => ({
  version,
  system_prompt,
  author: { id: 'ada', email: 'ada@example.org', full_name: null },
  created_at: '2026-11-20T10:00:00Z',
})
const collect = (...items: PromptVersion[]): Versions => ({
  items,
  live: items[0],
  liveVersion: items[0]?.version ?? 0,
  defaultPrompt: 'Help.',
})
const three = collect(versionOf(3, 'Three'), versionOf(2, 'Two'), versionOf(1, 'One'))
const draftOf = (text: string, baseVersion = 3): PromptDraft => ({ text, baseVersion, savedAt: '2026-11-21T10:00:00Z' })

describe('what the page shows', () => {
  const show = (given: Partial<Parameters<typeof chooseShown>[0]>) =>
    chooseShown({
      versions: three,
      draft: undefined,
      view: { version: undefined, against: undefined },
      hasOlder: false,
      ...given,
    })

  test('is the live text to write on, and the draft once there is one, compared with what is live', () => {
    expect(show({})).toMatchObject({ kind: 'editor', text: 'Three', against: { version: 2, text: 'Two' } })
    expect(show({ draft: draftOf('Mine') })).toMatchObject({
      kind: 'editor',
      text: 'Mine',
      against: { version: 3, text: 'Three' },
    })
  })

  test('is a version of the address to read, compared with the one it followed or with the one that is asked for', () => {
    const at = (version: number, against?: number) => show({ view: { version, against }, draft: draftOf('Mine') })
    expect(at(1)).toMatchObject({ kind: 'version', text: 'One', against: { version: 0, text: 'Help.' } })
    expect(at(1, 3)).toMatchObject({ against: { version: 3, text: 'Three' } })
    expect(at(3)).toMatchObject({ kind: 'version', text: 'Three' })
    expect(at(9).kind).toBe('missing')
  })

  test('waits for older versions as long as there are some', () => {
    const some = collect(versionOf(30, 'Thirty'), versionOf(29, 'Twenty-nine'))
    const view = { version: 4, against: undefined }
    expect(show({ versions: some, view, hasOlder: true }).kind).toBe('awaited')
    expect(show({ versions: some, view, hasOlder: false }).kind).toBe('missing')
    const compared = show({ versions: some, view: { version: 29, against: undefined }, hasOlder: true })
    expect(compared.against).toEqual({ version: 28, text: undefined })
  })

  test('is what answers by default where a tenant has no prompt of its own, until one is begun', () => {
    for (const versions of [collect(), collect(versionOf(2, null), versionOf(1, 'One'))]) {
      expect(show({ versions }).kind).toBe('default')
      expect(show({ versions, draft: draftOf('', 0) })).toMatchObject({ kind: 'editor', text: '' })
    }
  })

  test('a draft that says what is live is no change; an empty one asks for the default', () => {
    expect(isChange(draftOf('Three'), three)).toBe(false)
    expect(isChange(draftOf('Three.'), three)).toBe(true)
    expect(isChange(draftOf(' \n'), three)).toBe(true)
    expect(isChange(draftOf(' \n'), collect())).toBe(false)
    // Begun before the first prompt and left empty, it does not ask for the default once there is a prompt.
    expect(isChange(draftOf('', 0), three)).toBe(false)
    expect(isChange(draftOf('Two', 2), three)).toBe(false)
    expect(show({ draft: draftOf('Two', 2) })).toMatchObject({ kind: 'editor', text: 'Three' })
    expect([toPrompt(' \n'), toPrompt(' a')]).toEqual([null, ' a'])
  })
})

test('the list of versions tells what each changed and which older one it brought back', () => {
  const versions = collect(versionOf(4, 'One\nmore'), versionOf(3, 'Two'), versionOf(2, null), versionOf(1, 'Two'))
  const lines = describeVersions(versions)
  expect(lines.get(4)).toEqual({ changes: { added: 2, removed: 1 }, sameAs: undefined, isDefault: false })
  expect(lines.get(3)?.sameAs).toBe(1)
  expect(lines.get(2)?.isDefault).toBe(true)
  expect(lines.get(1)?.changes).toEqual({ added: 1, removed: 0 })
  expect(describeVersions(collect(versionOf(9, 'Nine'))).get(9)?.changes).toBeUndefined()
})

test('a version names its author as you, by name, by address, or as gone', () => {
  const one = versionOf(1, 'One')
  expect(describeAuthor(one, 'ada')).toBe('You')
  expect(describeAuthor(one, 'eve')).toBe('ada@example.org')
  expect(describeAuthor({ ...one, author: null }, 'eve')).toBe('A deleted account')
})

test('the size of a prompt is told, and its limit as it comes near and is passed', () => {
  expect(describeSize('Be kind.\nNever lie.')).toEqual({
    words: '4 words',
    characters: '19 characters',
    limit: undefined,
  })
  expect(describeSize('a'.repeat(99_000)).limit).toEqual({ text: '1,000 left of 100,000', tone: 'warn' })
  expect(describeSize('a'.repeat(100_001)).limit).toEqual({ text: '1 too many, at most 100,000', tone: 'danger' })
  expect(checkPrompt('a'.repeat(100_000))).toBeUndefined()
  expect(checkPrompt('a'.repeat(100_001))).toContain('at most 100,000')
})
