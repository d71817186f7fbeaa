import { DEAD_LETTERS } from '../../../src/infra/queue.ts'
import { paymentChanged } from '../../../src/jobs.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { openOperator } from '../../harness/operator.ts'

// A queue whose jobs are moved can't pass on to another test.
const test = base.extend({ isDeployed: true })

async function givenDead({ deps }: TestApp, ...paymentSns: string[]): Promise<string[]> {
  for (const paymentSn of paymentSns) {
    await deps.db.$executeRaw`
      INSERT INTO pgboss.job (name, data, source_name, source_id, source_retry_count)
      VALUES (${DEAD_LETTERS}, jsonb_build_object('paymentSn', ${paymentSn}::text), ${paymentChanged.name}, gen_random_uuid(), 7)`
  }
  const rows = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM pgboss.job WHERE name = ${DEAD_LETTERS} ORDER BY created_on, id`
  return rows.map(({ id }) => id)
}

/** The payments that the jobs of a queue are about. */
async function waiting({ deps }: TestApp, name: string): Promise<string[]> {
  const rows = await deps.db.$queryRaw<{ sn: string }[]>`
    SELECT data->>'paymentSn' AS sn FROM pgboss.job WHERE name = ${name} AND state = 'created' ORDER BY 1`
  return rows.map(({ sn }) => sn)
}

describe('admin jobs', () => {
  test('lists dead letters, replays one as the job that it was, and drops another', async ({ app }) => {
    const [first = '', second = ''] = await givenDead(app, 'PA1', 'PA2')
    const { admin, json } = openOperator(app)
    expect(await json('jobs', 'dead')).toMatchObject({
      deadLetters: [
        { id: first, job: 'payment-changed', data: { paymentSn: 'PA1' }, retries: 7 },
        { id: second, job: 'payment-changed', data: { paymentSn: 'PA2' }, retries: 7 },
      ],
    })

    expect(await admin('jobs', 'replay', first, '--as', 'Li Lei', '--reason', 'mended')).toMatchObject({ code: 0 })
    expect(await waiting(app, paymentChanged.name)).toEqual(['PA1'])
    expect(await waiting(app, DEAD_LETTERS)).toEqual(['PA2'])
    expect(await admin('jobs', 'drop', second)).toMatchObject({ code: 0 })
    expect(await waiting(app, DEAD_LETTERS)).toEqual([])

    expect(await app.deps.db.operatorAct.findMany({ orderBy: { at: 'asc' } })).toMatchObject([
      { action: 'jobs replay', number: 'PA1', operator: 'Li Lei', reason: 'mended' },
      { action: 'jobs drop', number: 'PA2' },
    ])
  })

  test('replays all of them, and nothing in a dry run', async ({ app }) => {
    await givenDead(app, 'PA1', 'PA2')
    const { admin } = openOperator(app)
    expect((await admin('jobs', 'replay', '--all', '--dry-run')).output).toMatch(/Dry run[^]*PA1[^]*PA2/)
    expect((await admin('jobs', 'drop', '--all', '--dry-run')).output).toMatch(/Dry run[^]*PA1[^]*PA2/)
    expect(await waiting(app, DEAD_LETTERS)).toEqual(['PA1', 'PA2'])
    expect(await waiting(app, paymentChanged.name)).toEqual([])
    expect(await app.deps.db.operatorAct.count()).toBe(0)

    await admin('jobs', 'replay', '--all')
    expect(await waiting(app, paymentChanged.name)).toEqual(['PA1', 'PA2'])
  })

  test('says which one stays a dead letter, as its queue is gone, and keeps no act of it', async ({ app }) => {
    const [first = '', second = ''] = await givenDead(app, 'PA1', 'PA2')
    await app.deps.db.$executeRaw`UPDATE pgboss.job SET source_name = 'left-the-code' WHERE id::text = ${second}`
    const { admin } = openOperator(app)

    const { code, output } = await admin('jobs', 'replay', first, second)
    expect(code).toBe(0)
    expect(output.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^replay: ${first}`)),
      expect.stringMatching(new RegExp(`^not replayed, .*: ${second}`)),
    ])
    for (const rest of [['--dry-run'], []])
      expect(await admin('jobs', 'replay', second, ...rest)).toMatchObject({
        code: 1,
        complaint: expect.stringContaining('It stays a dead letter'),
      })
    expect(await waiting(app, DEAD_LETTERS)).toEqual(['PA2'])
    expect(await app.deps.db.operatorAct.findMany()).toMatchObject([{ action: 'jobs replay', number: 'PA1' }])
  })

  test('wants ids or --all, and says which job isn’t dead', async ({ app }) => {
    const [id = ''] = await givenDead(app, 'PA1')
    const { admin } = openOperator(app)
    expect((await admin('jobs', 'drop')).code).toBe(2)
    expect((await admin('jobs', 'drop', id, '--all')).code).toBe(2)
    expect(await admin('jobs', 'drop', 'nobody')).toMatchObject({
      code: 1,
      complaint: expect.stringContaining('no such dead letter'),
    })
    expect((await admin('jobs', 'drop', id, 'nobody')).output).toContain('nobody is no dead letter')
  })
})
