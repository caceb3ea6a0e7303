import { expect, test } from 'bun:test'
import { placeBeside } from '../../console/src/lib/place-beside.ts'

const room = { width: 400, height: 300 }
const size = { width: 100, height: 20 }
const anchor = { left: 200, top: 100, width: 40, height: 30 }

test('a box stands on the wanted side of its anchor, in its middle', () => {
  expect(placeBeside({ anchor, size, room, side: 'bottom' })).toEqual({ left: 170, top: 136 })
  expect(placeBeside({ anchor, size, room, side: 'top' })).toEqual({ left: 170, top: 74 })
  expect(placeBeside({ anchor, size, room, side: 'right' })).toEqual({ left: 246, top: 105 })
  expect(placeBeside({ anchor, size, room, side: 'left' })).toEqual({ left: 94, top: 105 })
})

test('without room there it stands on the other side, and never over the edge', () => {
  expect(placeBeside({ anchor: { ...anchor, top: 260 }, size, room, side: 'bottom' }).top).toBe(234)
  expect(placeBeside({ anchor: { ...anchor, left: 340 }, size, room, side: 'right' }).left).toBe(234)
  expect(placeBeside({ anchor: { ...anchor, left: 370 }, size, room, side: 'bottom' }).left).toBe(292)
  expect(placeBeside({ anchor: { ...anchor, left: 0 }, size, room, side: 'bottom' }).left).toBe(8)
})
