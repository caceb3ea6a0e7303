import { describe, expect, test } from 'bun:test'
import { createModelTurns } from '../../../server/answering/model-turns.ts'
import { createBatcher } from '../../../server/data/batcher.ts'
import { parseTenantId, type TenantId } from '../../../server/platform/ids.ts'
import { createWaitingLine } from '../../../server/platform/waiting-line.ts'

const tenant = (text: string): TenantId => {
  const id = parseTenantId(text)
  if (!id) throw new Error('no tenant id')
  return id
}
const [loud, quiet] = [tenant('loud'), tenant('quiet')]
const describeBusy = (): Error => new Error('busy')
const never = new AbortController().signal

describe('fair turns', () => {
  test('a line serves its parties in turn, and those of one in the order they came', async () => {
    const line = createWaitingLine<number>({ lengthMax: 100, waitMsMax: 1_000, describeBusy })
    const served: string[] = []
    const wait = (name: string, party: string): void => void line.join(party).then(() => served.push(name))
    for (let n = 0; n < 4; n++) wait(`loud${n}`, 'loud')
    wait('quiet0', 'quiet')
    wait('other0', 'other')
    wait('quiet1', 'quiet')
    for (let n = 0; n < 7; n++) {
      expect(line.serve(n)).toBeString()
      await Promise.resolve()
    }
    expect(line.serve(0)).toBeUndefined()
    expect(served).toEqual(['loud0', 'quiet0', 'other0', 'loud1', 'quiet1', 'loud2', 'loud3'])
  })

  test('whoever waits too long, in a line too long, or leaves is out of it', async () => {
    const line = createWaitingLine<number>({ lengthMax: 2, waitMsMax: 20, describeBusy })
    const leaving = new AbortController()
    const left = line.join('a', leaving.signal).catch((error: Error) => error.message)
    const late = line.join('b').catch((error: Error) => error.message)
    expect(await line.join('c').catch((error: Error) => error.message)).toBe('busy')
    leaving.abort(new Error('left'))
    expect(await left).toBe('left')
    expect(await late).toBe('busy')
    expect(line.length).toBe(0)
    expect(line.serve(1)).toBeUndefined()
  })

  test('one tenant never has more than half of the model calls; another finds a turn at once', async () => {
    const turns = createModelTurns({ atOnceMax: 4 })
    const given = await Promise.all([turns.take(loud, never), turns.take(loud, never)])
    let third = 'waits'
    const waiting = turns.take(loud, never).then((giveBack) => {
      third = 'has a turn'
      return giveBack
    })
    const others = await Promise.all([turns.take(quiet, never), turns.take(quiet, never)])
    expect(third).toBe('waits')
    given[0]?.()
    given[0]?.()
    const last = await waiting
    expect(third).toBe('has a turn')
    for (const giveBack of [given[1], last, ...others]) giveBack?.()
    // All are free again.
    const all = await Promise.all([loud, loud, quiet, quiet].map((id) => turns.take(id, never)))
    expect(all).toHaveLength(4)
  })

  test('where all model calls are taken, tenants that wait are served one after the other', async () => {
    const turns = createModelTurns({ atOnceMax: 2 })
    const first = await turns.take(tenant('a'), never)
    const second = await turns.take(tenant('b'), never)
    const served: string[] = []
    const wait = (id: TenantId): Promise<() => void> =>
      turns.take(id, never).then((giveBack) => {
        served.push(id)
        return giveBack
      })
    const [one, two] = [wait(loud), wait(quiet)]
    const gone = new AbortController()
    const left = turns.take(tenant('c'), gone.signal).catch(() => 'left')
    gone.abort()
    expect(await left).toBe('left')
    first()
    ;(await one)()
    ;(await two)()
    second()
    expect(served).toEqual(['loud', 'quiet'])
  })

  test('a batch that cannot hold all has something of each tenant', async () => {
    const batches: string[][] = []
    const send = createBatcher<string, boolean>({
      inFlightMax: 1,
      itemsMax: 4,
      partyOf: (item) => item.slice(0, 1),
      async send(items) {
        batches.push(items)
        return items.map(() => true)
      },
    })
    await Promise.all(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'c1'].map((item) => send(item)))
    expect(batches).toEqual([
      ['a1', 'b1', 'c1', 'a2'],
      ['a3', 'a4', 'a5', 'a6'],
    ])
  })
})
