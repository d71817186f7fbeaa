import { enrol } from '../../../examples/course/enrol.ts'
import { COURSE_ENROLMENT } from '../../../examples/course/payable.ts'
import { courseSeats } from '../../../examples/course/seat-changes.ts'
import { createQueues } from '../../../src/infra/queue.ts'
import { wxPay } from '../../../src/payment/attempt/open.ts'
import { getEvent } from '../../../src/payment/event.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { freshTapped, givenGuest, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { givenListener } from '../../harness/listeners.ts'
import { installCourse } from './course-fixtures.ts'

const test = base.extend({ isDeployed: true })

/** A course whose seats are listened to, and an enrolment that is paid. */
async function givenEnrolled(app: TestApp, others: Parameters<TestApp['startWorkers']>[0] = {}) {
  const deps = await installCourse(app, 3)
  await createQueues(deps.queue, [courseSeats.job])
  await app.startWorkers({ deps, listeners: [courseSeats, ...(others.listeners ?? [])] })
  const guest = await givenGuest(app, 'o_student')
  const { sn } = await enrol(deps, { userId: guest.id, courseId: 'clay' })
  const params = await wxPay(deps, { orderSn: sn, serviceType: COURSE_ENROLMENT, userId: guest.id })
  await payOnPhone(app, params)
  await whenPayment(deps, params.paymentSn, 'SUCCESS')
  return { deps, paymentSn: params.paymentSn }
}

const seatChanges = ({ deps }: TestApp) =>
  deps.db.$queryRaw<object[]>`SELECT "paymentSn", seat, change FROM course_seat_change ORDER BY version`

describe('a second listener', () => {
  test('lists the course’s seats as they are paid and freed, beside the order that is applied', async ({ app }) => {
    const { deps, paymentSn } = await givenEnrolled(app)
    const paid = { paymentSn, seat: 1, change: 'PAID' }
    await expect.poll(() => seatChanges(app)).toEqual([paid])
    await expect
      .poll(() => deps.db.$queryRaw`SELECT state::text FROM course_enrolment`)
      .toEqual([{ state: 'ENROLLED' }])

    app.sandbox.refundManually({ outTradeNo: paymentSn })

    await expect.poll(() => seatChanges(app)).toEqual([paid, { paymentSn, seat: 1, change: 'FREED' }])
  })

  test('lists a seat while another listener fails, and none for what is no course', async ({ app }) => {
    const { listener } = await givenListener(app, 'failing-listener', async () => {
      throw new Error('out of order')
    })
    await givenEnrolled(app, { listeners: [listener] })
    await freshTapped(app)

    await expect.poll(() => seatChanges(app)).toMatchObject([{ change: 'PAID' }])
  })

  test('lists an event once, however often it is heard', async ({ app }) => {
    const { deps, paymentSn } = await givenEnrolled(app)
    const event = await getEvent(deps.db, { paymentSn, version: 2 })

    await courseSeats.hear(deps, event)
    await courseSeats.hear(deps, event)

    expect(await seatChanges(app)).toHaveLength(1)
  })
})
