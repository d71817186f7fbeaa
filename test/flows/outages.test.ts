import { Client } from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { confirm, type Deployment, deploy, purchase, stateOf, whenOrderIs } from '../harness/deployment.ts'
import { commands, readiness, run, sendOperation } from '../harness/processes.ts'
import { openAcknowledged } from '../harness/raw-socket.ts'

const HOMESTAY = 'demo-homestay-01'

async function connect({ databaseUrl }: Deployment): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl })
  // Its database is dropped when the test ends.
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end().catch(() => {}))
  return client
}

async function seeded(): Promise<Deployment> {
  const deployment = await deploy()
  const db = openDatabase(deployment.databaseUrl)
  await seed(db)
  await db.$disconnect()
  return deployment
}

describe('a deployment', { skip: inject('redisUrl') === null }, () => {
  test('applies a payment whose worker was killed in the middle of it, by the next worker', async () => {
    const deployment = await seeded()
    const { url } = await deployment.startApi()
    const killed = await deployment.startWorker()
    const guest = await purchase(url, 'o_flow_guest', HOMESTAY, 20)
    const client = await connect(deployment)
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM homestay_order WHERE sn = $1 FOR UPDATE', [guest.orderSn])
    await confirm(deployment.sandbox, guest)
    const admin = await connect(deployment)
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await expect.poll(async () => (await admin.query(waiting)).rowCount).toBeGreaterThanOrEqual(1)

    killed.signal('SIGKILL')
    await killed.ended
    // Neither the job's expiry nor the relay is what brings it back.
    await admin.query('UPDATE pgboss.job SET expire_seconds = 86400')
    await admin.query(`UPDATE payment SET "queuedAt" = now() + interval '1 day'`)
    await client.query('COMMIT')
    expect(await stateOf(url, guest)).toMatchObject({ tradeState: 'WAIT_PAY' })
    await deployment.startWorker()

    await whenOrderIs('WAIT_USE', url, guest)
  })

  test('starts a worker whose first row can’t be written yet, once it can', async () => {
    const deployment = await deploy()
    const client = await connect(deployment)
    await client.query('ALTER TABLE worker RENAME TO worker_away')
    const worker = run(commands.worker, { env: { ...deployment.settings, PORT: '0' } })
    await worker.says(/not possible yet, trying again/)
    await client.query('ALTER TABLE worker_away RENAME TO worker')
    expect(await worker.says(/The worker is ready/)).not.toBeNull()
  })

  test('is degraded while no worker was seen for 30 s', async () => {
    const deployment = await deploy()
    const { url } = await deployment.startApi()
    await expect
      .poll(() => readiness(url))
      .toMatchObject({ status: 200, body: { status: 'degraded', workers: 'away' } })
    const worker = await deployment.startWorker()
    await expect.poll(() => readiness(url)).toMatchObject({ status: 200, body: { status: 'ok', workers: 'ok' } })

    worker.signal('SIGKILL')
    await worker.ended
    const client = await connect(deployment)
    await client.query(`UPDATE worker SET "lastSeenAt" = "lastSeenAt" - interval '30 s'`)

    await expect
      .poll(() => readiness(url))
      .toMatchObject({ status: 200, body: { status: 'degraded', workers: 'away' } })
  })

  test('is degraded while Redis is frozen, serves guests meanwhile, and recovers', async () => {
    const deployment = await seeded()
    const { url } = await deployment.startApi()
    await deployment.startWorker()
    await expect.poll(() => readiness(url)).toMatchObject({ body: { status: 'ok', redis: 'ok' } })

    deployment.redis.signal('SIGSTOP')
    await expect.poll(() => readiness(url)).toMatchObject({ status: 200, body: { status: 'degraded', redis: 'away' } })
    const guest = await purchase(url, 'o_flow_guest', HOMESTAY, 20)
    await confirm(deployment.sandbox, guest)
    await whenOrderIs('WAIT_USE', url, guest)

    deployment.redis.signal('SIGCONT')
    await expect.poll(() => readiness(url)).toMatchObject({ status: 200, body: { status: 'ok', redis: 'ok' } })
  })

  test('closes the sockets of a session that is ended at another API process with 4403', async () => {
    const deployment = await deploy()
    const [first, second] = [await deployment.startApi(), await deployment.startApi()]
    const login = 'mutation { wxLogin(input: { code: "code-o_guest" }) { ... on Session { accessToken } } }'
    const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(first.url, login)
    const raw = await openAcknowledged(`${first.url}/graphql`, { authorization: `Bearer ${wxLogin.accessToken}` })

    await sendOperation(second.url, 'mutation { logout }', {}, wxLogin.accessToken)

    expect(await raw.closed).toBe(4403)
  })
})
