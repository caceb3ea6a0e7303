import { describe, expect, test } from 'bun:test'
import { classifyAddress } from '../../../server/platform/egress-addresses.ts'
import { addressRefused, createEgress } from '../../../server/platform/egress.ts'

const strict = createEgress({ allowLoopback: false })
const open = createEgress({ allowLoopback: true })

const spellingsOfLoopback = [
  'https://127.0.0.1/',
  'https://127.0.0.53/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://127.0.0.1./',
  'https://127。0。0。1/',
  'https://①②⑦.0.0.1/',
  'https://[::1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://loc%61lhost/',
  'https://api.localhost/',
]

const neverPublic = [
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://[fc00::1]/',
  'https://[fd12:3456::1]/',
  'https://intranet/',
  'https://db.internal/',
  'https://printer.local/',
]

const neverAtAll = [
  // Metadata services and link-local.
  'https://169.254.169.254/latest/meta-data/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://[fe80::1]/',
  'https://[fd00:ec2::254]/',
  'https://metadata.google.internal/',
  'https://METADATA.google.internal/',
  // Shared, unspecified, multicast, broadcast, documentation, benchmarking, reserved.
  'https://100.64.0.1/',
  'https://100.100.100.200/',
  'https://0.0.0.0/',
  'https://0/',
  'https://[::]/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[ff02::1]/',
  'https://192.0.2.1/',
  'https://240.0.0.1/',
  'https://198.18.0.1/',
  'https://[2001:db8::1]/',
  'https://[100::1]/',
  'https://[fec0::1]/',
  'https://[5f00::1]/',
  // IPv4 inside IPv6: mapped, compatible, NAT64, 6to4, Teredo.
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::]/',
  'https://[::ffff:8.8.8.8]/',
  // Not web addresses, credentials, odd hosts.
  'file:///etc/passwd',
  'data:text/plain,hi',
  's3://bucket/key',
  'blob:https://x/y',
  'ftp://example.com/',
  'javascript:1',
  'https://user@example.com/',
  'https://user:secret@example.com/',
  'https://example.com./',
  'https://',
  '',
  'example.com',
  `https://example.com/${'x'.repeat(3_000)}`,
]

function reasonFor(egress: typeof strict, url: string): unknown {
  try {
    egress.checkUrl(url, '/model_base_url')
    return 'accepted'
  } catch (error) {
    if (!addressRefused.is(error)) throw error
    expect(error.errors).toEqual([{ path: '/model_base_url', message: error.detail }])
    return error.status
  }
}

describe('C1: addresses at save', () => {
  test('C1: every spelling of loopback, private and reserved addresses is refused', () => {
    for (const url of [...spellingsOfLoopback, ...neverPublic, ...neverAtAll, 'http://api.example.com/']) {
      expect([url, reasonFor(strict, url)]).toEqual([url, 422])
    }
  })

  test('C1: public https addresses are accepted', () => {
    for (const url of [
      'https://api.openai.com/v1',
      'https://api.example.com:8443/v1',
      'https://8.8.8.8/',
      'https://[2606:4700::1111]/',
    ]) {
      expect([url, reasonFor(strict, url)]).toEqual([url, 'accepted'])
    }
  })

  test('C1: the operator may open loopback and private addresses, and nothing else', () => {
    for (const url of [...spellingsOfLoopback, ...neverPublic, 'http://127.0.0.1:8080/v1', 'http://localhost/v1']) {
      expect([url, reasonFor(open, url)]).toEqual([url, 'accepted'])
    }
    for (const url of [...neverAtAll, 'http://8.8.8.8/']) expect([url, reasonFor(open, url)]).toEqual([url, 422])
  })

  test('C1: the refusal never repeats credentials', () => {
    try {
      strict.checkUrl('https://user:secret-canary@example.com/')
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('secret-canary')
      expect(String(error)).not.toContain('secret-canary')
      return
    }
    throw new Error('it was accepted')
  })

  test('C1: classes of resolved addresses', () => {
    const expected = {
      '127.0.0.1': 'loopback',
      '::1': 'loopback',
      '10.1.2.3': 'private',
      'fd00::1': 'private',
      '8.8.8.8': 'public',
    }
    for (const [address, addressClass] of Object.entries(expected))
      expect(classifyAddress(address)).toBe(addressClass as never)
    for (const address of ['::ffff:10.0.0.1', '169.254.1.1', 'fe80::1%eth0', 'nonsense', '']) {
      expect(classifyAddress(address)).toBe('refused')
    }
  })
})
