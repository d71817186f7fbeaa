import { WebSocket } from 'ws'
import type { WxPayParams } from '../../../client/src/pay-client.ts'
import { describe, expect } from '../../harness/app.ts'
import { openHttpProxy, type Phone, test } from './phone.ts'

/** A pay sheet that takes the money and never calls back: only the server can report the payment. */
function payWithoutCallback(phone: Phone) {
  return async ({ appId: _appId, paymentSn: _paymentSn, __typename: _type, ...sheet }: WxPayParams) => {
    await phone.confirm({ ...sheet, signType: 'RSA', success: () => {}, fail: () => {} })
    await new Promise(() => {})
  }
}

describe('pay() in a browser', () => {
  test('pay() in a browser uses the browser’s own WebSocket and fetch', async ({ graphql, phone }) => {
    const socketUrls: string[] = []
    class RecordedSocket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        socketUrls.push(url)
      }
    }
    const client = phone.createClient({
      wx: undefined,
      webSocket: RecordedSocket,
      requestPayment: payWithoutCallback(phone),
    })

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(socketUrls).toEqual([graphql.url.replace('http', 'ws')])
  })

  test('pay() in a browser falls back to server-sent events behind a proxy that blocks WebSockets', async ({
    graphql,
    phone,
  }) => {
    const proxy = await openHttpProxy(graphql)
    const client = phone.createClient({
      url: proxy.url,
      wx: undefined,
      requestPayment: payWithoutCallback(phone),
    })

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    expect(proxy.accepted).toContain('text/event-stream')
    client.close()
    proxy.close()
  })

  test('pay() in a browser without requestPayment rejects with what to pass', async ({ phone }) => {
    const client = phone.createClient({ wx: undefined })

    await expect(client.pay(phone.order.sn)).rejects.toThrow('Pass `wx`, or `requestPayment`')
  })
})
