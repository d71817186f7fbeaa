import { Client } from 'pg'
import { expect, onTestFinished } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { inParallel } from '../../src/infra/in-parallel.ts'
import { confirm, type Deployment, deploy, type Purchase, purchase, tap } from './deployment.ts'
import { openGate, passGate } from './gate.ts'
import { openTestKafka } from './kafka.ts'
import { openKafkaProxy } from './kafka-proxy.ts'
import { keyOf } from './listeners.ts'
import { commands, type RunningProcess, readiness, run, UNHURRIED } from './processes.ts'
import { freePort } from './redis.ts'
import { openReceiver, type WebhookReceiver } from './webhook-endpoint.ts'

export const PURCHASES = 300
const AT_ONCE = 6

/** How often to compare all events with what each consumer has, which takes a good part of a core that the processes need. */
export const COMPARING = { interval: 500 }

/** Of so many orders, WeChat closes the first payment of one, and the guest pays by another. */
const REPLACED_EVERY = 10

/** Closed, they hold up whoever enqueues a listener's job, and the listener before it has heard. */
const GATES = { publishing: 20_261_201, hearing: 20_261_202 }

/** Adds an endpoint by the operator's command. */
async function addByCommand({ settings }: Deployment, receiver: WebhookReceiver): Promise<void> {
  const added = run(['node', 'src/admin.ts', 'webhook', 'add', receiver.url, '--json'], {
    env: { ...settings, LOG_LEVEL: 'silent' },
  })
  const { code } = await added.ended
  if (code !== 0) throw new Error(`the operator's command failed: ${added.output()}`)
  receiver.secrets.push((JSON.parse(added.output()) as { secret: string }).secret)
}

async function connectTo({ databaseUrl }: Deployment): Promise<Client> {
  const db = openDatabase(databaseUrl)
  await seed(db)
  await db.$disconnect()
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query(`
    CREATE TABLE heard ("paymentSn" text NOT NULL, version integer NOT NULL);
    CREATE FUNCTION pass_publishing() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${passGate(GATES.publishing)} RETURN NEW; END $$;
    CREATE FUNCTION pass_hearing() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN ${passGate(GATES.hearing)} RETURN NEW; END $$;
    CREATE TRIGGER pass_publishing BEFORE INSERT ON pgboss.job
      FOR EACH ROW WHEN (NEW.name = 'test-heard') EXECUTE FUNCTION pass_publishing();
    CREATE TRIGGER pass_hearing BEFORE INSERT ON heard FOR EACH ROW EXECUTE FUNCTION pass_hearing()`)
  return client
}

async function whenServing(url: string): Promise<void> {
  await expect.poll(async () => (await readiness(url)).status, UNHURRIED).toBe(200)
}

/** Processes on ports that they keep, which are killed and started again. */
function createProcesses({ settings }: Deployment) {
  const start = async (command: string[], port: number, says?: RegExp): Promise<RunningProcess> => {
    const started = run(command, { env: { ...settings, PORT: `${port}` } })
    all.push(started)
    await (says ? started.says(says) : whenServing(`http://127.0.0.1:${port}`))
    return started
  }
  const all: RunningProcess[] = []
  const running: { command: string[]; port: number; says?: RegExp; process: RunningProcess }[] = []
  return {
    start: async (command: string[], port: number, says?: RegExp) => {
      running.push({ command, port, says, process: await start(command, port, says) })
    },
    /** Kills all of them, in the middle of whatever they do; starts them again once `between` has ended. */
    killAll: async (between = async () => {}) => {
      for (const { process } of running) process.signal('SIGKILL')
      for (const { process } of running) await process.ended
      await between()
      const restart = async (each: (typeof running)[number]) => {
        each.process = await start(each.command, each.port, each.says)
      }
      await Promise.all(running.map(restart))
    },
    /** Of all that there ever were. */
    output: () => all.map((each) => each.output()).join(''),
  }
}

/** Tries until it succeeds: the API may be killed meanwhile. Each try is another guest's, for another night. */
async function buy(url: string, deployment: Deployment, client: Client, nth: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    const day = tries === 1 ? nth : PURCHASES + ((nth + 37 * tries) % 200)
    try {
      const tapped = await purchase(url, `o_${nth}_${tries}`, `demo-homestay-0${tries}`, 10 + day)
      const paid = nth % REPLACED_EVERY === 0 ? await replace(url, deployment, client, tapped) : tapped
      return await confirm(deployment.sandbox, paid)
    } catch (error) {
      if (tries === 5) throw error
      await whenServing(url)
    }
  }
}

/** WeChat closes the payment, and a tap long after opens another one. */
async function replace(url: string, { sandbox }: Deployment, client: Client, tapped: Purchase): Promise<Purchase> {
  const { paymentSn } = tapped.params
  const order = sandbox.ledger.orders.get(paymentSn)
  if (!order) throw new Error(`WeChat knows no ${paymentSn}`)
  sandbox.ledger.commit(['orders', { ...order, state: 'CLOSED' }])
  await client.query(`UPDATE payment SET "prepayIdAt" = "prepayIdAt" - interval '2 h' WHERE sn = $1`, [paymentSn])
  return { ...tapped, params: await tap(url, tapped) }
}

/** Every version of every payment, as `number version`. */
async function read(client: Client, table: 'payment_event' | 'heard'): Promise<string[]> {
  const { rows } = await client.query<{ event: string }>(`SELECT "paymentSn" || ' ' || version AS event FROM ${table}`)
  return rows.map(({ event }) => event)
}

export type EventFlow = Awaited<ReturnType<typeof openEventFlow>>

/** A deployment with a consumer of each kind, two of them endpoints, and guests who buy in so many parts. */
export async function openEventFlow({ parts }: { parts: number }) {
  const kafka = await openTestKafka('payment-update-paystatus-topic')
  const proxy = await openKafkaProxy(kafka.broker)
  const deployment = await deploy({
    WEBHOOK_ALLOW_PRIVATE: 'true',
    KAFKA_BROKERS: proxy.address,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_FACTOR: '1000',
  })
  const client = await connectTo(deployment)
  const [steady, moody] = [await openReceiver(), await openReceiver()]
  await addByCommand(deployment, steady)
  await addByCommand(deployment, moody)
  const apiPort = Number(new URL(deployment.settings['WECHAT_PAY_NOTIFY_URL'] ?? '').port)
  const processes = createProcesses(deployment)
  // First, so that it hears from the beginning.
  await processes.start(['node', 'test/harness/listening-worker.ts'], await freePort(), /is ready/)
  await processes.start(commands.worker, await freePort())
  await processes.start(commands.api, apiPort)

  const purchases = Array.from({ length: PURCHASES }, (_, nth) => nth)
  const buyNext = async () => {
    const next = purchases.splice(0, Math.ceil(PURCHASES / parts))
    const ends = await inParallel(next, AT_ONCE, (nth) => buy(`http://127.0.0.1:${apiPort}`, deployment, client, nth))
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([])
  }
  /** What was recorded, and isn't among what each consumer has. */
  const missing = async () => {
    const recorded = await read(client, 'payment_event')
    const without = (events: string[]) => {
      const has = new Set(events)
      return recorded.filter((event) => !has.has(event))
    }
    return {
      listener: without(await read(client, 'heard')),
      steady: without(steady.events.map(keyOf)),
      moody: without(moody.events.map(keyOf)),
      kafka: without(kafka.consumed.map(({ event }) => keyOf(event))),
    }
  }
  return {
    kafka,
    proxy,
    steady,
    moody,
    processes,
    publishing: await openGate(deployment.databaseUrl, GATES.publishing),
    hearing: await openGate(deployment.databaseUrl, GATES.hearing),
    /** The next part of the purchases is made while this happens. */
    buyWhile: async (happens: () => Promise<void>) => void (await Promise.all([buyNext(), happens()])),
    whenPaid: async () => {
      const count = `SELECT count(*)::int AS paid FROM payment WHERE status = 'SUCCESS'`
      const paid = async () => (await client.query<{ paid: number }>(count)).rows[0]?.paid
      await expect.poll(paid, UNHURRIED).toBeGreaterThanOrEqual(PURCHASES)
    },
    whenStreamed: async () => {
      await expect.poll(async () => (await missing()).kafka, COMPARING).toEqual([])
    },
    missing,
    /** Sends to endpoints again what has failed: the back-off would take minutes. */
    retryWebhooks: () =>
      client.query(
        `UPDATE webhook_delivery SET "nextTryAt" = now() WHERE status = 'PENDING' AND "claimedUntil" IS NULL`,
      ),
  }
}
