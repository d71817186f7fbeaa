import { closeUnpaidEnrolments } from '../../../examples/course/close.ts'
import { enrol } from '../../../examples/course/enrol.ts'
import { CourseFullError } from '../../../examples/course/errors.ts'
import { COURSE_ENROLMENT } from '../../../examples/course/payable.ts'
import { wxPay } from '../../../src/payment/attempt/open.ts'
import { applyToOrder } from '../../../src/payment/outbox/apply-to-order.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { givenGuest, payOnPhone, whenPayment } from '../../harness/fixtures.ts'
import { refundsOf } from '../../harness/money.ts'
import { describePayable } from '../../harness/payable-contract.ts'
import {
  enrolmentOf,
  givenTwoGuests,
  installCourse,
  PRICE_FEN,
  passDeadline,
  raceForCourse,
} from './course-fixtures.ts'

describePayable('a course enrolment', {
  serviceType: COURSE_ENROLMENT,
  paidMessages: ['ORDER_PAID'],
  install: (app) => installCourse(app, 2),
  givenOrder: async ({ deps }, guest) => {
    const { sn } = await enrol(deps, { userId: guest.id, courseId: 'clay' })
    return { orderSn: sn, totalFen: PRICE_FEN }
  },
  passDeadline: ({ deps }, sn) => passDeadline(deps, sn),
})

describe('enrolling in a course', () => {
  test('holds a seat at once, and answers the same enrolment to the same guest', async ({ app }) => {
    const deps = await installCourse(app, 2)
    const guest = await givenGuest(app)
    const enrolGuest = () => enrol(deps, { userId: guest.id, courseId: 'clay' })
    const [first, ...others] = await Promise.all([enrolGuest(), enrolGuest(), enrolGuest()])
    expect(others).toEqual([first, first])
    expect(await enrolmentOf(deps, guest.id, first.sn)).toMatchObject({ state: 'WAIT_PAY', seat: 1 })
  })

  test('sells no seat of a course twice when four guests enrol at once', async ({ app }) => {
    const deps = await installCourse(app, 2)
    const guests = [...(await givenTwoGuests(app)), await givenGuest(app, 'o_third'), await givenGuest(app, 'o_fourth')]
    const ends = await raceForCourse(
      deps,
      guests.map(
        ({ id }) =>
          () =>
            enrol(deps, { userId: id, courseId: 'clay' }),
      ),
    )
    const refusals = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    expect(refusals).toEqual([expect.any(CourseFullError), expect.any(CourseFullError)])
  })

  test('rejects enrolling in a course that does not exist', async ({ app }) => {
    const deps = await installCourse(app, 1)
    const guest = await givenGuest(app)
    await expect(enrol(deps, { userId: guest.id, courseId: 'dance' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('an enrolment that is not paid in time', () => {
  test('cancels an unpaid enrolment, and frees its seat in the same commit', async ({ app }) => {
    const deps = await installCourse(app, 1)
    const [first, second] = await givenTwoGuests(app)
    const { sn } = await enrol(deps, { userId: first.id, courseId: 'clay' })
    await wxPay(deps, { orderSn: sn, serviceType: COURSE_ENROLMENT, userId: first.id })
    const enrolSecond = () => enrol(deps, { userId: second.id, courseId: 'clay' })

    await closeUnpaidEnrolments(deps)
    await expect(enrolSecond()).rejects.toThrow(CourseFullError)
    await passDeadline(deps, sn)
    await closeUnpaidEnrolments(deps)

    expect(await enrolmentOf(deps, first.id, sn)).toMatchObject({ state: 'CANCELLED' })
    const { sn: next } = await enrolSecond()
    expect(await enrolmentOf(deps, second.id, next)).toMatchObject({ seat: 1 })
  })

  test('refunds the late money of a cancelled enrolment, and leaves its seat to the guest who has it now', async ({
    app,
  }) => {
    const deps = await installCourse(app, 1)
    const [first, second] = await givenTwoGuests(app)
    const { sn } = await enrol(deps, { userId: first.id, courseId: 'clay' })
    const { paymentSn } = await wxPay(deps, { orderSn: sn, serviceType: COURSE_ENROLMENT, userId: first.id })
    await passDeadline(deps, sn)
    await closeUnpaidEnrolments(deps)
    await enrol(deps, { userId: second.id, courseId: 'clay' })

    app.sandbox.payLate(paymentSn)
    await whenPayment(deps, paymentSn, 'SUCCESS')
    await applyToOrder(deps, { paymentSn })

    expect(await enrolmentOf(deps, first.id, sn)).toMatchObject({ state: 'CANCELLED', paidBySn: null })
    expect(await refundsOf(deps, paymentSn)).toMatchObject([{ cause: 'UNAPPLIED', refundTotal: PRICE_FEN }])
  })

  test('keeps an enrolment past its deadline that turns out paid at WeChat', async ({ app }) => {
    const deps = await installCourse(app, 1)
    const guest = await givenGuest(app)
    const { sn } = await enrol(deps, { userId: guest.id, courseId: 'clay' })
    const params = await wxPay(deps, { orderSn: sn, serviceType: COURSE_ENROLMENT, userId: guest.id })
    app.sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    await payOnPhone(app, params)
    await passDeadline(deps, sn)

    await closeUnpaidEnrolments(deps)
    await applyToOrder(deps, { paymentSn: params.paymentSn })

    expect(await enrolmentOf(deps, guest.id, sn)).toMatchObject({ state: 'ENROLLED', paidBySn: params.paymentSn })
  })

  test('retries an enrolment in a minute that WeChat gives no answer for, and closes the others', async ({ app }) => {
    const deps = await installCourse(app, 2)
    const paymentSns: string[] = []
    for (const { id: userId } of await givenTwoGuests(app)) {
      const { sn: orderSn } = await enrol(deps, { userId, courseId: 'clay' })
      const { paymentSn } = await wxPay(deps, { orderSn, serviceType: COURSE_ENROLMENT, userId })
      await passDeadline(deps, orderSn)
      paymentSns.push(paymentSn)
    }
    app.sandbox.faults.add({ endpoint: 'query', kind: 'service-unavailable', times: 100, match: paymentSns[0] ?? '' })
    await closeUnpaidEnrolments(deps)

    const enrolments = await deps.db.$queryRaw`
      SELECT state::text, "nextCloseAt" > now() + interval '50 seconds' AS later FROM course_enrolment ORDER BY state`
    expect(enrolments).toMatchObject([{ state: 'CANCELLED' }, { state: 'WAIT_PAY', later: true }])
  })
})

describe('the database', () => {
  test('rejects a second holder of a seat, and a seat that does not exist', async ({ app }) => {
    const deps = await installCourse(app, 1)
    const [first, second] = await givenTwoGuests(app)
    const insert = (sn: string, userId: string, seat: number) => deps.db.$executeRaw`
      INSERT INTO course_enrolment (sn, "courseId", seat, "userId", title, "priceFen", "payBefore")
      VALUES (${sn}, 'clay', ${seat}, ${userId}, '陶艺入门', ${PRICE_FEN}, now())`

    await insert('CE1', first.id, 1)
    await expect(insert('CE2', second.id, 1)).rejects.toThrow('course_enrolment_seat_held_once')
    await expect(insert('CE2', second.id, 2)).rejects.toThrow('course_enrolment_courseId_seat_fkey')

    await deps.db.$executeRaw`UPDATE course_enrolment SET state = 'CANCELLED' WHERE sn = 'CE1'`
    await insert('CE2', second.id, 1)
    const takeBack = deps.db.$executeRaw`UPDATE course_enrolment SET state = 'WAIT_PAY' WHERE sn = 'CE1'`
    await expect(takeBack).rejects.toThrow('course_enrolment_seat_held_once')
    await expect(deps.db.$executeRaw`DELETE FROM course_seat`).rejects.toThrow('course_enrolment_courseId_seat_fkey')
  })
})
