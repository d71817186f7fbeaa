import { createServer } from 'node:http'
import { noticeScheduleSeconds } from '@looklook-pay/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from '../../harness/listen.ts'
import { startReceiver } from '../../integration/sandbox/merchant.ts'
import { type PlayedWechat, played } from './rules.ts'

async function givenPaid(wechat: PlayedWechat, statuses: number[] = []) {
  const receiver = await startReceiver(wechat.merchant, statuses)
  await wechat.merchant.prepay('order-0001', { notify_url: receiver.url })
  wechat.sandbox.payLate('order-0001')
  return receiver
}

const states = ({ sandbox }: PlayedWechat) =>
  [...sandbox.ledger.notices.values()].map(({ state, attempts }) => ({ state, attempts }))

describe('3 Notification', () => {
  it(
    'a payment is reported by a TRANSACTION.SUCCESS notice with the content of a query',
    played(async (wechat) => {
      const { received } = await givenPaid(wechat)
      await expect.poll(() => received).toHaveLength(1)
      expect(received[0]?.envelope).toEqual({
        id: expect.stringMatching(/^.{1,36}$/),
        create_time: expect.stringMatching(/\+08:00$/),
        event_type: 'TRANSACTION.SUCCESS',
        resource_type: 'encrypt-resource',
        summary: expect.any(String),
        resource: {
          original_type: 'transaction',
          algorithm: 'AEAD_AES_256_GCM',
          ciphertext: expect.any(String),
          associated_data: 'transaction',
          nonce: expect.stringMatching(/^.{12}$/),
        },
      })
      expect(received[0]?.content).toEqual((await wechat.merchant.query('order-0001')).json)
    }),
  )

  it.for(['SUCCESS', 'ABNORMAL', 'CLOSED'] as const)(
    'a refund that ends %s is reported by a notice of that type, with refund_status where a query has status',
    (end, context) =>
      played(
        async (wechat) => {
          const { received } = await givenPaid(wechat)
          await wechat.merchant.refund(wechat.merchant.refundBody('order-0001', 'R1', 1000))
          if (end !== 'SUCCESS') wechat.sandbox.endRefund('R1', end)
          const notice = () => received.find(({ envelope }) => envelope.event_type === `REFUND.${end}`)
          await expect.poll(notice).toBeDefined()
          expect(notice()?.envelope.resource).toMatchObject({ original_type: 'refund', associated_data: 'refund' })
          expect(notice()?.content).toMatchObject({
            mchid: wechat.credentials.mchid,
            out_trade_no: 'order-0001',
            out_refund_no: 'R1',
            refund_status: end,
            amount: { total: 10_000, refund: 1000, payer_total: 10_000, payer_refund: 1000 },
          })
          expect(notice()?.content).not.toHaveProperty('status')
        },
        end === 'SUCCESS' ? {} : { refundDelayMs: 60_000 },
      )(context),
  )

  it(
    'a close sends no notice',
    played(async (wechat) => {
      await wechat.merchant.prepay('order-0001')
      await wechat.merchant.close('order-0001')
      expect(states(wechat)).toEqual([])
    }),
  )

  it(
    'a manual refund sends a notice too',
    played(async (wechat) => {
      const { received } = await givenPaid(wechat)
      wechat.sandbox.refundManually({ outTradeNo: 'order-0001', refundFen: 500 })
      const notice = () => received.find(({ envelope }) => envelope.event_type === 'REFUND.SUCCESS')
      await expect.poll(notice).toMatchObject({ content: { amount: { refund: 500 } } })
    }),
  )

  it.for([200, 204])('a notice answered with %d is accepted, whatever the body says', (status, context) =>
    played(async (wechat) => {
      await givenPaid(wechat, [status])
      await expect.poll(() => states(wechat)).toEqual([{ state: 'TAKEN', attempts: 1 }])
    })(context),
  )

  it.for([201, 202, 302, 400, 401, 404, 500, 503])('a notice answered with %d is repeated', (status, context) =>
    played(async (wechat) => {
      const { received } = await givenPaid(wechat, [status])
      await expect.poll(() => states(wechat)).toEqual([{ state: 'TAKEN', attempts: 2 }])
      expect(received).toHaveLength(2)
    })(context),
  )

  it(
    'a notice without an answer within 5 s is repeated',
    played(async (wechat) => {
      const server = createServer((request) => request.resume())
      const port = await listen(server)
      onTestFinished(() => server.close().closeAllConnections())
      await wechat.merchant.prepay('order-0001', { notify_url: `http://127.0.0.1:${port}/` })
      wechat.sandbox.payLate('order-0001')
      await expect.poll(() => states(wechat)[0]).toMatchObject({ state: 'WAITING', attempts: 1 })
    }),
  )

  it(
    'a notice that is never accepted is repeated 15 times, over 24 h 4 min',
    played(async () => {
      expect(noticeScheduleSeconds).toHaveLength(15)
      expect(noticeScheduleSeconds.reduce((sum, seconds) => sum + seconds, 0)).toBe(24 * 3600 + 4 * 60)
    }),
  )

  it(
    'every delivery of a notice is encrypted and signed anew',
    played(async (wechat) => {
      const { received } = await givenPaid(wechat, [500, 500])
      await expect.poll(() => received).toHaveLength(3)
      expect(received.every((notice) => notice.isSigned)).toBe(true)
      expect(new Set(received.map((notice) => notice.headers['wechatpay-nonce'])).size).toBe(3)
      expect(new Set(received.map((notice) => JSON.stringify(notice.envelope.resource))).size).toBe(3)
    }),
  )

  it(
    'a notice may be delivered twice at once',
    played(async (wechat) => {
      wechat.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'twice', times: 1 })
      const { received } = await givenPaid(wechat)
      await expect.poll(() => received).toHaveLength(2)
    }),
  )
})
