import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../../../src/errors.ts'
import { isPublicAddress, resolveHost } from '../../../src/webhook/addresses.ts'
import { checkUrl } from '../../../src/webhook/url-rules.ts'

describe('a public address', () => {
  test.for([
    '1.1.1.1',
    '8.8.8.8',
    '101.226.103.106',
    '100.63.255.255',
    '100.128.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '2606:4700::1',
    '2400:3200::1',
  ])('%s is one', (address) => expect(isPublicAddress(address)).toBe(true))

  test.for([
    ['this host', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT, and the metadata of Alibaba Cloud', '100.100.100.200'],
    ['link-local, and the metadata of most clouds', '169.254.169.254'],
    ['link-local, and the metadata of Tencent Cloud', '169.254.0.23'],
    ['the services of Azure', '168.63.129.16'],
    ['metadata of Oracle Cloud', '192.0.0.192'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['benchmarking', '198.18.0.1'],
    ['documentation', '203.0.113.5'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['IPv4-mapped loopback', '::ffff:127.0.0.1'],
    ['IPv4-mapped metadata', '::ffff:a9fe:a9fe'],
    ['IPv4-mapped, though public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['local NAT64', '64:ff9b:1::1'],
    ['6to4 of a private address', '2002:a00:1::1'],
    ['Teredo', '2001:0:1::1'],
    ['unique local', 'fd00::1'],
    ['metadata of AWS', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local, with its interface', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['no address', 'example.com'],
    ['no address', ''],
  ])('%s %s is none', ([, address = '']) => expect(isPublicAddress(address)).toBe(false))

  test('localhost is this machine, whatever name servers say', async () => {
    for (const host of ['localhost', 'api.localhost']) expect(await resolveHost(host)).toEqual(['127.0.0.1', '::1'])
  })
})

const production = { production: true, allowPrivate: false }

describe('the URL of an endpoint', () => {
  test.for([
    'https://example.com/hooks?key=1',
    'https://example.com:8443/',
    'https://1.1.1.1/',
    'https://[2606:4700::1]/',
  ])('may be %s in production', (url) => expect(checkUrl(url, production).href).toBe(url))

  test.for([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'example.com',
    '',
    `https://example.com/${'x'.repeat(2_000)}`,
    'https://user:password@example.com/',
    'https://user@example.com/',
    'https://example.com/#hook',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://api.localhost/',
    'https://127.0.0.1/',
    // As browsers read them: the same address.
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.1.2.3/',
    'https://100.100.100.200/',
  ])('is refused in production: %s', (url) => {
    expect(() => checkUrl(url, production)).toThrow(InvalidInputError)
  })

  test('may be http outside production, and private where that is allowed', () => {
    const development = { production: false, allowPrivate: false }
    expect(checkUrl('http://example.com/', development).href).toBe('http://example.com/')
    expect(() => checkUrl('http://127.0.0.1:3000/', development)).toThrow(InvalidInputError)
    expect(checkUrl('http://127.0.0.1:3000/', { ...development, allowPrivate: true }).port).toBe('3000')
    const allowed = { production: true, allowPrivate: true }
    expect(checkUrl('https://10.1.2.3/', allowed).hostname).toBe('10.1.2.3')
    expect(() => checkUrl('http://10.1.2.3/', allowed)).toThrow(InvalidInputError)
  })
})
