import { InvalidInputError, NotFoundError } from '../../src/errors.ts'
import { builder } from '../../src/graphql/builder.ts'
import { requireViewer } from '../../src/graphql/context.ts'
import { enrol } from './enrol.ts'
import { type Enrolment, findEnrolment } from './record.ts'

const EnrolmentStateRef = builder.enumType('CourseEnrolmentState', {
  description: 'Where an enrolment stands.',
  values: {
    WAIT_PAY: { description: 'Holds its seat and waits for its payment, until `payBefore`.' },
    CANCELLED: { description: 'Not paid in time; its seat is free.' },
    ENROLLED: { description: 'Paid.' },
    REFUNDED: { description: 'Its money went back in whole; its seat is free.' },
  } as const,
})

const EnrolmentRef = builder.objectRef<Enrolment>('CourseEnrolment').implement({
  description: 'A seat in a course. Pay it by `wxPay` with the serviceType COURSE_ENROLMENT.',
  fields: (t) => ({
    sn: t.exposeID('sn'),
    state: t.expose('state', { type: EnrolmentStateRef }),
    seat: t.exposeInt('seat'),
    title: t.exposeString('title'),
    priceFen: t.exposeInt('priceFen'),
    payBefore: t.expose('payBefore', { type: 'DateTime', description: 'When it is cancelled unless paid.' }),
  }),
})

builder.mutationField('enrolInCourse', (t) =>
  t.field({
    type: EnrolmentRef,
    description: 'Takes a seat, or answers the one that the viewer has already.',
    authScopes: { viewer: true },
    errors: { types: [NotFoundError, InvalidInputError] },
    args: { courseId: t.arg.id({ required: true }) },
    resolve: async (_root, { courseId }, ctx) => {
      const mine = { userId: requireViewer(ctx).id }
      const { sn } = await enrol(ctx.deps, { ...mine, courseId })
      const enrolment = await findEnrolment(ctx.deps.db, { ...mine, sn })
      if (!enrolment) throw new Error(`enrolment ${sn} vanished`)
      return enrolment
    },
  }),
)

builder.queryField('courseEnrolment', (t) =>
  t.field({
    type: EnrolmentRef,
    nullable: true,
    description: 'One of the viewer’s enrolments.',
    authScopes: { viewer: true },
    args: { sn: t.arg.id({ required: true }) },
    resolve: (_root, { sn }, ctx) => findEnrolment(ctx.deps.db, { sn, userId: requireViewer(ctx).id }),
  }),
)
