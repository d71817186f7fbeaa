import { refundHomestayOrder } from '../../../src/order/refund.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { deliverMessage } from '../../harness/deliver.ts'
import { givenOrder, givenPaid } from '../../harness/fixtures.ts'
import { describePayable } from '../../harness/payable-contract.ts'
import { finishRefund } from '../../harness/payable-fixtures.ts'

describePayable('a homestay order', {
  serviceType: 'HOMESTAY_ORDER',
  paidMessages: ['ORDER_PAID', 'CHECK_IN'],
  install: async (app) => app.deps,
  givenOrder: async (app, guest) => {
    const { order } = await givenOrder(app, { guest })
    return { orderSn: order.sn, totalFen: order.orderTotalPrice }
  },
  passDeadline: async (app, sn) => {
    await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 minute' WHERE sn = ${sn}`
  },
})

const text = (value: string) => ({ value })

describe('the messages of a homestay order', () => {
  test('sends the guest what is paid, the stay with its entry code, and what is refunded', async ({ app }) => {
    const { deps, sandbox } = app
    const { order, guest, payment } = await givenPaid(app)
    const stay = { liveStartDate: new Date('2030-12-24'), liveEndDate: new Date('2031-01-02') }
    await deps.db.homestayOrder.update({ where: { sn: order.sn }, data: stay })
    const deliver = async () => {
      const messages = await deps.db.message.findMany({ where: { status: 'PENDING' }, orderBy: { kind: 'asc' } })
      for (const { id } of messages) await deliverMessage(deps, { messageId: id })
    }
    await deliver()
    await refundHomestayOrder(deps, { userId: guest.id, sn: order.sn })
    await applyToOrder(deps, { paymentSn: payment.sn })
    await finishRefund(deps, payment.sn)
    await deliver()

    const { orderPaid, checkIn, refunded } = sandbox.credentials.templates
    const [sn, title] = [text(order.sn), text('西湖边的小院')]
    const code = text(order.tradeCode ?? '')
    const [from, until] = ['2030年12月24日', '2031年1月2日']
    const [time4, time5] = [text(`${from} 14:00`), text(`${until} 12:00`)]
    expect(sandbox.messages('o_guest')).toMatchObject([
      {
        templateId: orderPaid,
        data: { character_string6: sn, thing1: title, amount2: text('128.00元'), time4, time5 },
      },
      { templateId: checkIn, data: { date2: text(from), date3: text(until), character_string4: code, thing1: title } },
      { templateId: refunded, data: { character_string1: sn, thing2: title, amount3: text('128.00元') } },
    ])
  })
})
