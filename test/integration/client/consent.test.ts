import { setImmediate } from 'node:timers/promises'
import { OrderMessagesDocument } from '../../../client/src/pay-client.ts'
import { describe, expect, type TestApp } from '../../harness/app.ts'
import { type Phone, test } from './phone.ts'

type Sheet = (templateIds: string[]) => 'accept' | 'reject' | Promise<'accept' | 'reject'>

/** A client on this phone, whose guest answers WeChat's question by `sheet`: the sandbox hears it as WeChat does. */
async function openAsked({ sandbox }: TestApp, phone: Phone, sheet: Sheet) {
  const openid = phone.guest.nickname
  phone.fake.wx.requestSubscribeMessage = ({ tmplIds, success }) => {
    const answer = async () => {
      const given = await sheet(tmplIds)
      sandbox.consent({ openid, [given === 'accept' ? 'accepted' : 'rejected']: tmplIds })
      success?.({ errMsg: 'requestSubscribeMessage:ok', ...Object.fromEntries(tmplIds.map((id) => [id, given])) })
    }
    void answer()
  }
  const fetched = Promise.withResolvers<void>()
  const { request } = phone.fake.wx
  phone.fake.wx.request = (option) => {
    const success: typeof option.success = (answer) => {
      option.success(answer)
      if (option.data.includes('messageTemplates')) fetched.resolve()
    }
    return request({ ...option, success })
  }
  const client = phone.createClient()
  // The client has the ids before anybody taps.
  await fetched.promise
  await setImmediate()
  return client
}

/** The kind and status of each message about the phone's order, as its guest sees them. */
async function statusesOf({ client, order }: Phone): Promise<string[]> {
  const answer = await client.request(OrderMessagesDocument, { sn: order.sn })
  if (!answer.ok) throw new Error(answer.problem.message)
  return answer.data.homestayOrder?.messages.map(({ kind, status }) => `${kind} ${status}`) ?? []
}

describe('pay() in a mini-program whose guest is asked for consent', () => {
  test('a guest who accepts in the tap gets the messages, once', async ({ app, phone }) => {
    await app.startWorkers()
    const client = await openAsked(app, phone, () => 'accept')
    phone.fake.onPaySheet = phone.confirm

    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })

    await expect.poll(() => statusesOf(phone)).toEqual(['ORDER_PAID SENT', 'CHECK_IN SENT', 'REFUNDED WAITING'])
    expect(app.sandbox.messages(phone.guest.nickname)).toHaveLength(2)
    expect(await app.deps.db.messageConsent.count({ where: { isAccepted: true } })).toBe(3)
  })

  test('a guest who answers after the payment gets what was refused meanwhile', async ({ app, phone }) => {
    await app.startWorkers()
    const answered = Promise.withResolvers<'accept'>()
    const client = await openAsked(app, phone, () => answered.promise)
    phone.fake.onPaySheet = phone.confirm
    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    const refused = ['ORDER_PAID REFUSED', 'CHECK_IN REFUSED', 'REFUNDED WAITING']
    await expect.poll(() => statusesOf(phone)).toEqual(refused)

    answered.resolve('accept')

    const sent = ['ORDER_PAID SENT', 'CHECK_IN SENT', 'REFUNDED WAITING']
    await expect.poll(() => statusesOf(phone)).toEqual(sent)
    expect(app.sandbox.messages(phone.guest.nickname)).toHaveLength(2)
  })

  test('a guest who rejected gets them after accepting on the order’s page', async ({ app, phone }) => {
    await app.startWorkers()
    let given: 'accept' | 'reject' = 'reject'
    const client = await openAsked(app, phone, () => given)
    phone.fake.onPaySheet = phone.confirm
    expect(await client.pay(phone.order.sn)).toMatchObject({ outcome: 'PAID' })
    const refused = ['ORDER_PAID REFUSED', 'CHECK_IN REFUSED', 'REFUNDED WAITING']
    await expect.poll(() => statusesOf(phone)).toEqual(refused)
    expect(app.sandbox.messages()).toEqual([])

    given = 'accept'
    const asked = await client.askForMessages(phone.order.sn)
    if (!asked.ok) throw new Error(asked.problem.message)
    expect(asked.data.map(({ kind }) => kind)).toEqual(['ORDER_PAID', 'CHECK_IN', 'REFUNDED'])

    const sent = ['ORDER_PAID SENT', 'CHECK_IN SENT', 'REFUNDED WAITING']
    await expect.poll(() => statusesOf(phone)).toEqual(sent)
    expect(app.sandbox.messages(phone.guest.nickname)).toHaveLength(2)
  })
})
