import { constants, privateDecrypt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { merchantOf, startReceiver, startSandbox } from './merchant.ts'

const complaints = '/v3/merchant-service/complaints-v2'
const notifications = '/v3/merchant-service/complaint-notifications'

async function start() {
  let clock = Date.parse('2026-06-01T12:00:00+08:00')
  const now = () => clock
  const sandbox = await startSandbox({ now: () => new Date(clock) })
  const merchant = merchantOf(sandbox, now)
  const paid = async (outTradeNo: string) => {
    await merchant.prepay(outTradeNo)
    sandbox.payLate(outTradeNo)
  }
  const list = (query: string) => merchant.call('GET', `${complaints}?${query}`)
  const { mchid } = sandbox.credentials
  const reply = (complaintId: string, changes: Record<string, unknown> = {}) => {
    const body = { complainted_mchid: mchid, response_content: '抱歉', ...changes }
    return merchant.call('POST', `${complaints}/${complaintId}/response`, body)
  }
  const complete = (complaintId: string) =>
    merchant.call('POST', `${complaints}/${complaintId}/complete`, { complainted_mchid: mchid })
  return { sandbox, merchant, paid, list, reply, complete, later: (ms: number) => void (clock += ms) }
}

describe('a complaint', () => {
  it('a complaint is noticed, listed, replied to and completed', async () => {
    const { sandbox, merchant, paid, list, reply, complete } = await start()
    const receiver = await startReceiver(merchant)
    await paid('order-0001')
    expect(await merchant.call('POST', notifications, { url: receiver.url })).toMatchObject({
      status: 200,
      isSigned: true,
    })
    const complaint = {
      outTradeNo: 'order-0001',
      text: '没有热水',
      problemType: 'REFUND',
      phone: '13800001234',
    } as const
    const { complaintId } = sandbox.complain(complaint)
    await expect.poll(() => receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      isSigned: true,
      envelope: { event_type: 'COMPLAINT.CREATE' },
      content: { complaint_id: complaintId, action_type: 'CREATE_COMPLAINT' },
    })

    const { json } = await merchant.call('GET', `${complaints}/${complaintId}`)
    expect(json).toMatchObject({
      complaint_state: 'PENDING',
      complaint_detail: '没有热水',
      complaint_order_info: [{ out_trade_no: 'order-0001', amount: 10_000 }],
      complaint_full_refunded: false,
      incoming_user_response: true,
      problem_type: 'REFUND',
      apply_refund_amount: 10_000,
      payer_openid: 'o_alice',
    })
    const sealed = { key: sandbox.credentials.mchPrivateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }
    expect(privateDecrypt(sealed, Buffer.from(String(json.payer_phone), 'base64')).toString()).toBe('13800001234')

    expect(await reply(complaintId)).toMatchObject({ status: 204, isSigned: true })
    const listed = await list('begin_date=2026-06-01&end_date=2026-06-01')
    expect(listed.json).toMatchObject({
      data: [{ complaint_id: complaintId, complaint_state: 'PROCESSING', incoming_user_response: false }],
      limit: 10,
      offset: 0,
      total_count: 1,
    })
    expect((await complete(complaintId)).status).toBe(204)
    expect(await complete(complaintId)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } })
    const history = await merchant.call('GET', `${complaints}/${complaintId}/negotiation-historys`)
    expect(history.json).toMatchObject({
      data: [
        { operate_type: 'MERCHANT_CONFIRM_COMPLETE' },
        { operate_type: 'MERCHANT_RESPONSE', operate_details: '抱歉' },
        { operate_type: 'USER_CREATE_COMPLAINT', operator: '投诉人' },
      ],
      total_count: 3,
    })
    await expect
      .poll(() => receiver.received.map(({ content }) => content.action_type))
      .toEqual(['CREATE_COMPLAINT', 'MERCHANT_RESPONSE', 'MERCHANT_CONFIRM_COMPLETE'])
  })

  it('complaints are listed by their day in Beijing, newest first, page by page', async () => {
    const { sandbox, paid, list, later } = await start()
    await paid('order-0001')
    const first = sandbox.complain({ outTradeNo: 'order-0001', text: '一' }).complaintId
    later(13 * 3_600_000)
    const second = sandbox.complain({ outTradeNo: 'order-0001', text: '二' }).complaintId
    const idsOf = async (query: string) =>
      ((await list(query)).json.data as { complaint_id: string }[]).map((each) => each.complaint_id)
    expect(await idsOf('begin_date=2026-06-01&end_date=2026-06-02')).toEqual([second, first])
    expect(await idsOf('begin_date=2026-06-01&end_date=2026-06-02&limit=1&offset=1')).toEqual([first])
    expect(await idsOf('begin_date=2026-06-02&end_date=2026-06-02')).toEqual([second])
    for (const query of [
      'begin_date=2026-06-01',
      'begin_date=2026-06-01&end_date=2026-07-02',
      'begin_date=2026-06-02&end_date=2026-06-01',
      'begin_date=2026-06-01&end_date=2026-06-02&limit=51',
    ]) {
      expect(await list(query)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } })
    }
  })

  it('a reply is checked as WeChat does it', async () => {
    const { sandbox, paid, reply } = await start()
    await paid('order-0001')
    const { complaintId } = sandbox.complain({ outTradeNo: 'order-0001', text: '一' })
    const codeOf = async (changes: Record<string, unknown>) => (await reply(complaintId, changes)).json.code
    expect(await codeOf({ response_content: '字'.repeat(501) })).toBe('PARAM_ERROR')
    expect(await codeOf({ jump_url: 'https://example.com' })).toBe('PARAM_ERROR')
    expect(await codeOf({ jump_url: 'http://example.com', jump_url_text: '查看' })).toBe('PARAM_ERROR')
    expect(await codeOf({ complainted_mchid: '1900000001' })).toBe('NO_AUTH')
    expect((await reply('200000020260601000000000000')).json.code).toBe('RESOURCE_NOT_EXISTS')
    const linked = { jump_url: 'https://example.com', jump_url_text: '查看' }
    expect((await reply(complaintId, linked)).status).toBe(204)
  })

  it('the URL for notices of complaints is set once, changed, and deleted', async () => {
    const { merchant } = await start()
    const { call } = merchant
    expect(await call('GET', notifications)).toMatchObject({ status: 404 })
    expect(await call('PUT', notifications, { url: 'https://example.com/a' })).toMatchObject({ status: 404 })
    expect(await call('POST', notifications, { url: 'https://example.com/a?b=1' })).toMatchObject({ status: 400 })
    expect(await call('POST', notifications, { url: 'https://example.com/a' })).toMatchObject({ status: 200 })
    expect(await call('POST', notifications, { url: 'https://example.com/b' })).toMatchObject({ status: 400 })
    const changed = await call('PUT', notifications, { url: 'https://example.com/b' })
    expect((await call('GET', notifications)).json).toEqual(changed.json)
    expect(await call('DELETE', notifications)).toMatchObject({ status: 204, isSigned: true })
    expect(await call('GET', notifications)).toMatchObject({ status: 404 })
  })

  it('nobody complains about an order that isn’t paid', async () => {
    const { sandbox, merchant } = await start()
    await merchant.prepay('order-0001')
    expect(() => sandbox.complain({ outTradeNo: 'order-0001', text: '一' })).toThrow('Only who has paid')
  })
})
