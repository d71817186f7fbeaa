import type { SandboxOptions } from '@looklook-pay/sandbox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { formatDay, shanghaiDay } from '../../../src/infra/shanghai.ts'
import { memoryTokenStore } from '../../../src/wechat/access-token.ts'
import { downloadBill, requestTradeBill } from '../../../src/wechat/bill-download.ts'
import { codeToSession, getPhoneNumber, openMiniProgram } from '../../../src/wechat/mini-program.ts'
import { readNotice } from '../../../src/wechat/notice.ts'
import { closeByOutTradeNo, openWechatPay, prepay, queryByOutTradeNo, signPayParams } from '../../../src/wechat/pay.ts'
import { buildPrepayBody } from '../../../src/wechat/prepay-body.ts'
import { applyAbnormalRefund, buildRefundBody, queryRefund, requestRefund } from '../../../src/wechat/refund.ts'
import { uploadShippingInfo } from '../../../src/wechat/shipping.ts'
import { sendSubscribeMessage } from '../../../src/wechat/subscribe-message.ts'
import { parseTradeBill, textOf } from '../../harness/bills.ts'
import { merchantOf, startSandbox } from './merchant.ts'

const notifyUrl = 'http://127.0.0.1:9/wechat/pay/notify'
const outTradeNo = 'order-0001'

/** The product's client, configured with the environment that the sandbox provides. */
async function startClient(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options)
  const read = (name: string) => sandbox.env[name] ?? ''
  const wechat = openWechatPay(
    {
      mchid: read('WECHAT_PAY_MCH_ID'),
      appid: read('WECHAT_APP_ID'),
      mchCertSerial: read('WECHAT_PAY_MCH_CERT_SERIAL'),
      mchPrivateKey: read('WECHAT_PAY_MCH_PRIVATE_KEY'),
      apiV3Key: read('WECHAT_PAY_API_V3_KEY'),
      publicKey: { id: read('WECHAT_PAY_PUBLIC_KEY_ID'), pem: read('WECHAT_PAY_PUBLIC_KEY') },
      notifyUrl,
      apiUrl: read('WECHAT_PAY_API_URL'),
    },
    { timing: { repeatMs: 1, slowRepeatMs: 1 } },
  )
  const mini = openMiniProgram(
    { appid: read('WECHAT_APP_ID'), secret: read('WECHAT_APP_SECRET'), apiUrl: read('WECHAT_API_URL') },
    { tokenStore: memoryTokenStore() },
  )
  onTestFinished(async () => {
    await Promise.all([wechat.close(), mini.close()])
  })
  const { mchid } = wechat
  const { appid } = mini
  const body = buildPrepayBody({
    appid,
    mchid,
    description: '海边民宿 😀'.repeat(30),
    outTradeNo,
    timeExpire: new Date(Date.now() + 1_800_000),
    notifyUrl,
    totalFen: 12_345,
    openid: 'o_alice',
    attach: 'room 7',
  })
  const pay = async (coupon = 0) => {
    const { prepayId } = await prepay(wechat, body)
    return sandbox.pay({ ...(await signPayParams(wechat, { appid, prepayId })), coupon })
  }
  return { sandbox, wechat, mini, mchid, body, pay }
}

describe('our WeChat Pay client and the sandbox', () => {
  it('our client places an order at the sandbox, and queries it once the phone has paid it', async () => {
    const { wechat, mchid, pay } = await startClient()
    const { transactionId } = await pay(45)
    const transaction = await queryByOutTradeNo(wechat, { outTradeNo, mchid })
    expect(transaction).toMatchObject({
      transactionId,
      tradeState: 'SUCCESS',
      totalFen: 12_345,
      payerTotalFen: 12_300,
      attach: 'room 7',
    })
  })

  it('our client is answered with ORDERPAID when it closes an order that is paid', async () => {
    const { wechat, mchid, body, pay } = await startClient()
    await prepay(wechat, body)
    await pay()
    await expect(closeByOutTradeNo(wechat, { outTradeNo, mchid })).rejects.toMatchObject({ wechatCode: 'ORDERPAID' })
  })

  it('our client verifies and decrypts the sandbox’s notices of payments and refunds', async () => {
    const { sandbox, wechat, mchid, pay } = await startClient()
    const { transactionId } = await pay()
    await requestRefund(wechat, buildRefundBody({ outTradeNo, outRefundNo: 'R1', refundFen: 45, totalFen: 12_345 }))
    await expect.poll(() => sandbox.ledger.refunds.get('R1')?.status).toBe('SUCCESS')
    const read = async (number: string) => {
      const { headers, body } = await sandbox.buildNotice(number)
      const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      return readNotice(wechat, lowered, Buffer.from(body))
    }
    expect(await read(outTradeNo)).toMatchObject({
      kind: 'transaction',
      transaction: { transactionId, totalFen: 12_345 },
    })
    expect(await read('R1')).toMatchObject({ kind: 'refund', refund: { mchid, status: 'SUCCESS', refundFen: 45 } })
  })

  it('our client refunds an order, and applies for an ABNORMAL refund again', async () => {
    const { sandbox, wechat, pay } = await startClient()
    await pay()
    sandbox.faults.add({ endpoint: 'refund', kind: 'ends-abnormal', times: 1 })
    const input = { outTradeNo, outRefundNo: 'R1', reason: '行程'.repeat(20), refundFen: 12_345, totalFen: 12_345 }
    const { refundId } = await requestRefund(wechat, buildRefundBody(input))
    const status = async () => (await queryRefund(wechat, { outRefundNo: 'R1' })).status
    await expect.poll(status).toBe('ABNORMAL')
    await applyAbnormalRefund(wechat, { refundId, outRefundNo: 'R1', type: 'MERCHANT_BANK_CARD' })
    await expect.poll(status).toBe('SUCCESS')
  })

  it.each(['wrong-signature', 'signtest-signature', 'no-signature'] as const)(
    'our client treats a prepay answered with %s as an unknown outcome',
    async (kind) => {
      const { sandbox, wechat, body } = await startClient()
      sandbox.faults.add({ endpoint: 'prepay', kind })
      await expect(prepay(wechat, body)).rejects.toMatchObject({ outcomeUnknown: true })
    },
  )

  it('our client downloads a bill with the payment and the refund of that day', async () => {
    const { sandbox, wechat, pay } = await startClient({ billsAtOnce: true })
    const billOn = formatDay(shanghaiDay(new Date()))
    expect(await requestTradeBill(wechat, { billOn })).toEqual({ status: 'none' })
    const { transactionId } = await pay(45)
    sandbox.refundManually({ outTradeNo, refundFen: 2345 })
    const requested = await requestTradeBill(wechat, { billOn })
    if (requested.status !== 'ready') throw new Error(`The bill is ${requested.status}`)
    const { rows } = parseTradeBill(await textOf(await downloadBill(wechat, requested.ticket)))
    expect(rows).toMatchObject([
      { tradeState: 'SUCCESS', transactionId, outTradeNo, orderTotalFen: 12_345, couponFen: 45, feeYuan: '0.74070' },
      { tradeState: 'REFUND', transactionId, refundRequestedFen: 2345, orderTotalFen: 0, feeYuan: '-0.14070' },
    ])
  })

  it('yesterday’s bill is answered with STATEMENT_CREATING before ten o’clock', async () => {
    const atNine = new Date('2026-11-22T09:00:00+08:00')
    const sandbox = await startSandbox({ now: () => atNine })
    const codeOf = async (day: string) => {
      const path = `/v3/bill/tradebill?bill_date=${day}&tar_type=GZIP`
      const reply = await merchantOf(sandbox).call('GET', path, undefined, { timestamp: atNine.getTime() / 1000 })
      return reply.json.code
    }
    expect(await codeOf('2026-11-22')).toBe('PARAM_ERROR')
    expect(await codeOf('2026-11-21')).toBe('STATEMENT_CREATING')
    expect(await codeOf('2026-11-20')).toBe('NO_STATEMENT_EXIST')
    expect(await codeOf('2026-08-01')).toBe('PARAM_ERROR')
  })
})

describe('our mini-program client and the sandbox', () => {
  it('our client signs a user in at the sandbox, gets the phone number and sends a message', async () => {
    const { sandbox, mini } = await startClient()
    expect(await codeToSession(mini, 'code-o_alice')).toMatchObject({ openid: 'o_alice' })
    const phone = await getPhoneNumber(mini, { phoneCode: 'phone-13800001234@o_alice', openid: 'o_alice' })
    expect(phone.purePhoneNumber).toBe('13800001234')
    const data = {
      thing1: '海边民宿'.repeat(10),
      amount2: '123.45元',
      time4: '2026年11月22日 15:01',
      phrase3: '已付款',
    }
    const templateId = sandbox.addTemplate(Object.keys(data))
    sandbox.consent({ openid: 'o_alice', accepted: [templateId] })
    await sendSubscribeMessage(mini, { openid: 'o_alice', templateId, data })
    expect(sandbox.messages('o_alice')).toHaveLength(1)
  })

  it('our client gets a new access token after the old one was revoked', async () => {
    const { sandbox, mini } = await startClient()
    await codeToSession(mini, 'code-o_alice')
    const templateId = sandbox.credentials.templates.refunded
    const send = () => {
      sandbox.consent({ openid: 'o_alice', accepted: [templateId] })
      const data = { character_string1: 'RE1', thing2: '海边民宿', amount3: '128元' }
      return sendSubscribeMessage(mini, { openid: 'o_alice', templateId, data })
    }
    await send()
    sandbox.revokeAccessTokens()
    await send()
    expect(sandbox.messages()).toHaveLength(2)
  })

  it('our client uploads the shipping info of a paid order', async () => {
    const { sandbox, mini, pay } = await startClient()
    const { transactionId } = await pay()
    await uploadShippingInfo(mini, {
      transactionId,
      logistics: 'virtual',
      shippingList: [{ itemDesc: '海边民宿' }],
      uploadTime: new Date(),
      openid: 'o_alice',
    })
    expect(sandbox.ledger.orders.get(outTradeNo)?.shipments).toBe(1)
  })
})
