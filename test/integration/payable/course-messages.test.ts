import { enrol } from '../../../examples/course/enrol.ts'
import { COURSE_ENROLMENT } from '../../../examples/course/payable.ts'
import type { Deps } from '../../../src/deps.ts'
import { deliverDue } from '../../../src/notification/deliver.ts'
import { wxPay } from '../../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { deliverMessage } from '../../harness/deliver.ts'
import { acceptMessages, givenGuest, givenPaid, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { installCourse } from './course-fixtures.ts'

/** An enrolment that is paid; its messages are enqueued and not sent. */
async function givenEnrolled(app: TestApp) {
  const deps = await installCourse(app, 1)
  const guest = await givenGuest(app, 'o_student')
  acceptMessages(app, guest.nickname)
  const { sn } = await enrol(deps, { userId: guest.id, courseId: 'clay' })
  const params = await wxPay(deps, { orderSn: sn, serviceType: COURSE_ENROLMENT, userId: guest.id })
  await payOnPhone(app, params)
  await whenPayment(deps, params.paymentSn, 'SUCCESS')
  await applyToOrder(deps, { paymentSn: params.paymentSn })
  return { deps, sn, paymentSn: params.paymentSn }
}

/** As each message's job does. */
async function deliverEnqueued(deps: Deps, paymentSn: string): Promise<void> {
  const messages = await deps.db.message.findMany({ where: { paymentSn, status: 'PENDING' } })
  for (const { id } of messages) await deliverMessage(deps, { messageId: id })
}

const text = (value: string) => ({ value })

describe('the messages of a course enrolment', () => {
  test('sends the student what is paid with the course’s days, and what is refunded', async ({ app }) => {
    const { deps, sn, paymentSn } = await givenEnrolled(app)
    const { orderPaid, refunded } = app.sandbox.credentials.templates
    await deliverEnqueued(deps, paymentSn)
    const paid = {
      templateId: orderPaid,
      data: {
        character_string6: text(sn),
        thing1: text('陶艺入门'),
        amount2: text('99.00元'),
        time4: text('2030年3月1日 09:30'),
        time5: text('2030年4月12日 17:00'),
      },
    }
    expect(app.sandbox.messages('o_student')).toMatchObject([paid])

    app.sandbox.refundManually({ outTradeNo: paymentSn })
    await whenPayment(deps, paymentSn, 'REFUNDED')
    await applyToOrder(deps, { paymentSn })
    await deliverEnqueued(deps, paymentSn)
    const back = {
      templateId: refunded,
      data: { character_string1: text(sn), thing2: text('陶艺入门'), amount3: text('99.00元') },
    }
    expect(app.sandbox.messages('o_student')).toMatchObject([paid, back])
  })

  test('names the days of a course as they are when the message is sent', async ({ app }) => {
    const { deps, paymentSn } = await givenEnrolled(app)
    await deps.db.$executeRaw`UPDATE course SET "startsOn" = '2030-03-08', "endsOn" = '2030-04-19'`
    await deliverEnqueued(deps, paymentSn)
    const data = { time4: text('2030年3月8日 09:30'), time5: text('2030年4月19日 17:00') }
    expect(app.sandbox.messages('o_student')).toMatchObject([{ data }])
  })

  test('leaves a course’s messages to newer processes where courses are unknown, and sends all others', async ({
    app,
  }) => {
    const { deps, paymentSn } = await givenEnrolled(app)
    await givenPaid(app)
    const makeDue = () => deps.db.$executeRaw`
      UPDATE message SET "nextTryAt" = now() - interval '10 seconds' WHERE status = 'PENDING'`
    await makeDue()

    await deliverDue(app.deps)
    expect(app.sandbox.messages('o_guest')).toHaveLength(2)
    const message = { status: 'PENDING', tries: 0 }
    expect(await deps.db.message.findMany({ where: { paymentSn } })).toMatchObject([message])

    await makeDue()
    await deliverDue(deps)
    expect(app.sandbox.messages('o_student')).toHaveLength(1)
  })
})
