import { describe, expect, test } from 'bun:test'
import { checkOrigin, writeOriginsLine } from '../../console/src/features/connect/check-origin.ts'

const own = 'https://console.example'
const allowed = ['https://app.example', 'http://localhost:3000']

describe('the origin check of the Connect tab', () => {
  test.each([
    ['', 'nothing'],
    ['   ', 'nothing'],
    ['https://app.example', 'allowed'],
    ['https://app.example/', 'allowed'],
    ['https://APP.example/chat?x=1#y', 'allowed'],
    ['app.example', 'allowed'],
    ['http://localhost:3000/', 'allowed'],
    ['https://console.example/console/', 'own'],
    ['http://app.example', 'refused'],
    ['https://app.example:8443', 'refused'],
    ['https://sub.app.example', 'refused'],
    ['https://app.example.evil.example', 'refused'],
    ['localhost:3000', 'refused'],
    ['https://*.app.example', 'malformed'],
    ['ftp://app.example', 'malformed'],
    ['https://', 'malformed'],
    ['two words', 'malformed'],
  ])('%p is %p', (typed, kind) => {
    expect(checkOrigin({ typed, own, allowed }).kind).toBe(kind as 'allowed')
  })

  test('the line to set keeps what is allowed already', () => {
    expect(writeOriginsLine({ allowed, origin: 'https://new.example' })).toBe(
      'BACKEND_CORS_ORIGINS=https://app.example,http://localhost:3000,https://new.example',
    )
    expect(writeOriginsLine({ allowed: [], origin: 'https://new.example' })).toBe(
      'BACKEND_CORS_ORIGINS=https://new.example',
    )
  })
})
