import { expect, test } from 'bun:test'
import { drawPlate, plateColours } from '../../console/src/lib/plate.ts'

const ids = Array.from({ length: 5000 }, (_, at) => `tenant-${at}`)

test('a plate depends on the id alone and never changes', () => {
  expect(drawPlate('kepler-health')).toEqual(drawPlate('kepler-health'))
  // Written down, so that a changed hash does not go unnoticed: people know their tenants by these.
  expect(
    ['kepler-health', 'acme', 'a'].map((id) => {
      const { colour, lit } = drawPlate(id)
      return `${colour} ${lit.map(Number).join('')}`
    }),
  ).toMatchInlineSnapshot(`
    [
      "chart-2 101000101",
      "chart-1 101111010",
      "ink-3 010101111",
    ]
  `)
})

test('every plate has three to seven windows lit, and left mirrors right', () => {
  for (const id of ids) {
    const { lit } = drawPlate(id)
    const count = lit.filter(Boolean).length
    expect(count).toBeGreaterThanOrEqual(3)
    expect(count).toBeLessThanOrEqual(7)
    for (const row of [0, 3, 6]) expect(lit[row]).toBe(lit[row + 2])
  }
})

test('plates are spread over all colours and most patterns', () => {
  const plates = ids.map(drawPlate)
  for (const colour of plateColours) {
    expect(plates.filter((plate) => plate.colour === colour).length).toBeGreaterThan(ids.length / 12)
  }
  expect(new Set(plates.map(({ lit }) => lit.join())).size).toBeGreaterThan(25)
})
