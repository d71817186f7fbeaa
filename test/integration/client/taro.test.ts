import { afterEach, beforeEach, vi } from 'vitest'
import { describe, expect } from '../../harness/app.ts'
import { CANCEL, type Phone, test } from './phone.ts'
import { toTaro } from './taro.ts'

beforeEach(() => {
  // What WeChat offers beside `wx`, and Taro's runtime passes on.
  vi.stubGlobal('getCurrentPages', () => [])
  vi.stubGlobal('getApp', () => ({}))
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** A client that was given `Taro` in place of `wx`. */
function openTaro({ createClient, fake, guest }: Phone) {
  fake.onLogin = async () => `code-${guest.nickname}`
  return createClient({ token: undefined, wx: toTaro(fake.wx) })
}

describe('a client with `Taro`', () => {
  test('signs in and pays over its socket, whose task Taro only promises', async ({ phone }) => {
    phone.fake.onPaySheet = async (sheet) => {
      await phone.confirm(sheet)
      // The sheet never calls back: only the socket can tell.
      await new Promise(() => {})
    }

    expect(await openTaro(phone).pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect([phone.fake.socketAttempts(), phone.fake.requests('chunked').length]).toEqual([1, 0])
    await expect.poll(() => phone.fake.openSockets()).toBe(0)
  })

  test('pays over a chunked request where sockets are refused', async ({ phone }) => {
    phone.fake.wx.connectSocket = ({ fail }) => {
      setImmediate(() => fail?.({ errMsg: 'connectSocket:fail url not in domain list' }))
      throw new Error('connectSocket:fail url not in domain list')
    }
    phone.fake.onPaySheet = async (sheet) => {
      await phone.confirm(sheet)
      await new Promise(() => {})
    }

    expect(await openTaro(phone).pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(phone.fake.requests('chunked').length).toBeGreaterThan(0)
  })

  test('handles the promises that Taro rejects when the guest cancels, WeChat gives no code, or nothing answers', async ({
    phone,
  }) => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const client = openTaro(phone)
    phone.fake.onPaySheet = () => Promise.reject(CANCEL)
    expect(await client.pay(phone.order.sn)).toMatchObject({ reason: 'CANCELLED' })
    phone.fake.onLogin = () => Promise.reject('fail timeout')
    expect(await client.login({ phoneCode: 'any' })).toMatchObject({ problem: { code: 'NETWORK' } })
    phone.fake.hide()
    expect(await client.paymentStatus('P1')).toMatchObject({ problem: { code: 'NETWORK' } })
    phone.fake.show()
    process.off('unhandledRejection', listener)

    expect(unhandled).toEqual([])
  })
})
