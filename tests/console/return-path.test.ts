import { describe, expect, test } from 'bun:test'
import { findReturnPath, nameReturnPath } from '../../console/src/lib/paths.ts'
import { findLinkToken } from '../../console/src/lib/rules.ts'

const origin = 'https://tenantry.example'

describe('return_to', () => {
  test.each([
    ['/console', '/'],
    ['/console/', '/'],
    ['/console/tenants/kepler?tab=prompt#v12', '/tenants/kepler?tab=prompt#v12'],
    ['/console/./tenants', '/tenants'],
  ])('%s leads to a place of the console', (value, path) => {
    expect(findReturnPath({ value, origin })).toBe(path)
  })

  test.each([
    undefined,
    '',
    'console/',
    'https://evil.example/console/',
    'https://tenantry.example/console/',
    '//evil.example/console/',
    '/\\evil.example/console/',
    '/\t/evil.example/console/',
    '\u0000//evil.example',
    'javascript:alert(1)',
    '/swagger',
    '/consoles/',
    '/console/../swagger',
    '/console/%2e%2e/swagger',
    '/console//evil.example',
    '/console/..//evil.example/console/',
    '/console/sign-in?return_to=/console/',
    '/console/sign-in/',
    '/console/setup#token=x',
    '/console/register',
    '/console/reset#token=x',
    '/console/join/',
    'http://[',
    '/console@evil.example',
  ])('%p leads nowhere', (value) => {
    expect(findReturnPath({ value, origin })).toBeUndefined()
  })

  test('a place is named only when it has a name', () => {
    expect(nameReturnPath('/account')).toBe('your account')
    expect(nameReturnPath('/account?theme=dark')).toBe('your account')
    expect(nameReturnPath('/somewhere')).toBeUndefined()
  })
})

describe('the one-time token', () => {
  test.each([
    ['abc_DEF-123', 'abc_DEF-123'],
    ['  abc \n', 'abc'],
    ['#token=abc', 'abc'],
    ['http://localhost:8000/console/setup#token=abc', 'abc'],
    ['http://localhost:8000/console/setup', undefined],
    ['', undefined],
    ['two words', undefined],
    ['<script>', undefined],
  ])('is found in %p as %p', (pasted, token) => {
    expect(findLinkToken(pasted)).toBe(token)
  })
})
