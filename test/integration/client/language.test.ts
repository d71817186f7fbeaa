import type { Problem } from '../../../client/src/pay-client.ts'
import { describe, expect } from '../../harness/app.ts'
import { test } from './phone.ts'

describe('a phone in Chinese', () => {
  test('hears why in Chinese, of a payment that can’t be opened', async ({ app, phone }) => {
    const { order, fake } = phone
    await app.deps.db.homestayOrder.update({ where: { sn: order.sn }, data: { tradeState: 'CANCELLED' } })
    const wx = { ...fake.wx, getAppBaseInfo: () => ({ language: 'zh_CN' }) }

    expect(await phone.createClient({ wx }).pay(order.sn)).toMatchObject({
      outcome: 'REFUSED',
      code: 'ORDER_NOT_PAYABLE',
      message: '订单已不在待支付状态，不能支付。请重新下单。',
    })
  })

  test.for(['a socket', 'events'])(
    'hears why in Chinese, of a stream that is refused over %s',
    async (over, { phone }) => {
      const { fake } = phone
      const connectSocket: typeof fake.wx.connectSocket = (option) =>
        fake.wx.connectSocket(over === 'events' ? { ...option, url: 'ws://127.0.0.1:1' } : option)
      const wx = { ...fake.wx, connectSocket, getAppBaseInfo: () => ({ language: 'zh_CN' }) }
      const client = phone.createClient({ wx })
      const problem = await new Promise<Problem | null>((resolve) => {
        client.watchPayment('nothing', { onPayment: () => {}, onEnd: resolve })
      })

      expect(problem).toMatchObject({ code: 'NOT_FOUND', message: '没有这个支付单，或者它不是您的。请核对编号。' })
      expect(fake.requests('chunked').length > 0).toBe(over === 'events')
    },
  )
})
