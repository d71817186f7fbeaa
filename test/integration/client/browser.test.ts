import { WebSocket } from 'ws'
import type { WxPayParams } from '../../../client/src/pay-client.ts'
import { describe, expect } from '../../harness/app.ts'
import { openHttpProxy, type Phone, test } from './phone.ts'

/** A pay sheet that takes the money, and leaves it to the server to tell. */
function payAndStaySilent(phone: Phone) {
  return async ({ appId: _appId, paymentSn: _paymentSn, __typename: _type, ...sheet }: WxPayParams) => {
    await phone.confirm({ ...sheet, signType: 'RSA', success: () => {}, fail: () => {} })
    await new Promise(() => {})
  }
}

describe('a browser', () => {
  test('pays over its own WebSocket and fetch', async ({ graphql, phone }) => {
    const opened: string[] = []
    class CountedSocket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        opened.push(url)
      }
    }
    const client = phone.createClient({
      wx: undefined,
      webSocket: CountedSocket,
      requestPayment: payAndStaySilent(phone),
    })

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(opened).toEqual([graphql.url.replace('http', 'ws')])
  })

  test('reads a stream where a proxy lets no WebSocket through', async ({ graphql, phone }) => {
    const proxy = await openHttpProxy(graphql)
    const client = phone.createClient({
      url: proxy.url,
      wx: undefined,
      requestPayment: payAndStaySilent(phone),
    })

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(proxy.accepted).toContain('text/event-stream')
    client.close()
    proxy.close()
  })

  test('says how to show a pay sheet when it knows none', async ({ phone }) => {
    const client = phone.createClient({ wx: undefined })

    await expect(client.pay(phone.order.sn)).rejects.toThrow('Pass `wx`, or `requestPayment`')
  })
})
