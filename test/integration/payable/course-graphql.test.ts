// Before the harness, which makes the schema of what is registered by then.
import '../../../examples/course/graphql.ts'
import { describe, expect } from '../../harness/app.ts'
import { test } from '../../harness/graphql.ts'
import { installCourse } from './course-fixtures.ts'

const ENROL = `mutation ($courseId: ID!) {
  enrolInCourse(courseId: $courseId) {
    __typename
    ... on CourseEnrolment { sn state seat title priceFen payBefore }
    ... on Error { code message }
  }
}`
const ENROLMENT = 'query ($sn: ID!) { courseEnrolment(sn: $sn) { state title } }'

describe('courses in the API', () => {
  test('enrols a guest through the API, and answers InvalidInputError to the next one when the course is full', async ({
    app,
    graphql,
  }) => {
    await installCourse(app, 1)
    const [guest, other] = [await graphql.signIn('o_guest'), await graphql.signIn('o_other')]

    const enrolment = await guest.mutate<{ sn: string }>(ENROL, { courseId: 'clay' })
    expect(enrolment).toMatchObject({ __typename: 'CourseEnrolment', state: 'WAIT_PAY', seat: 1, priceFen: 9_900 })
    const full = { __typename: 'InvalidInputError', message: expect.stringContaining('full') }
    expect(await other.mutate(ENROL, { courseId: 'clay' })).toMatchObject(full)

    const mine = { data: { courseEnrolment: { state: 'WAIT_PAY', title: '陶艺入门' } } }
    expect(await guest.send(ENROLMENT, { sn: enrolment.sn })).toMatchObject(mine)
    expect(await other.send(ENROLMENT, { sn: enrolment.sn })).toMatchObject({ data: { courseEnrolment: null } })
    expect(await graphql.anonymous.send(ENROL, { courseId: 'clay' })).toMatchObject({ data: null })
  })
})
