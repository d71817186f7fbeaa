import { type Deployment, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders } from '../fill.ts'
import { type Generator, startGenerator } from '../load/generator.ts'
import type { HttpJob, HttpResult } from '../load/http.ts'
import { noticesOf } from '../notices.ts'
import { type Bench, type Part, type Sample, withOwnStack } from '../part.ts'
import { countTold, untilTold } from './purchase.ts'

const NOTICES = 2_000
const TOGETHER = 32
/** Longer than the goal; what isn't done then is extrapolated. */
const PATIENCE_MS = 20_000
const FILLING: Filling = { homestays: 2_000, guests: 1_000 }

/** Two thousand guests pay at once: how long until all their orders can be used, and they know. */
export const burst: Part = {
  name: 'burst',
  about: `a burst of ${NOTICES} notices, until every order is WAIT_USE and its messages are sent`,
  rows: {
    one: {
      what: `after ${NOTICES} notices at once: all WAIT_USE, messages sent`,
      unit: 's',
      better: 'lower',
      goal: 10,
    },
    two: { what: 'the same with two workers', unit: 's', beside: 'one worker', better: 'lower', goal: 1 },
  },
  open: async (bench) => async () => {
    const one = await withOwnStack(bench, (own) => measure(own, 1))
    const two = await withOwnStack(bench, (own) => measure(own, 2))
    return { one, two: { ...two, peer: one.ours } }
  },
}

/** On a deployment of its own: what one burst leaves undone must not weigh on the next. */
async function measure(bench: Bench, workers: number): Promise<Sample> {
  const { servers, stack, scale } = bench
  const database = await servers.createDatabase('bench_burst')
  stack.defer(() => database.client.end())
  await fillGuests(bench, database.client, FILLING)
  const count = Math.round(NOTICES * scale)
  await fillOrders(bench, database.client, { from: 1, to: count, ...FILLING, stage: 'tapped' })
  const deployment = await deploy(bench, { database, workers })
  const load = startGenerator<HttpJob, HttpResult>(stack, 'http')
  const requests = noticesOf(servers.credentials, { from: 1, to: count, guests: FILLING.guests })
  return send(deployment, { load, count, requests })
}

async function send(
  { url, database }: Deployment,
  { load, count, requests }: { load: Generator<HttpJob, HttpResult>; count: number; requests: HttpJob['requests'] },
): Promise<Sample> {
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1000
  const sent = load.run({ url, connections: TOGETHER, requests, expect: { status: 204 } })
  const [allTold] = await Promise.all([untilTold(database.client, count, PATIENCE_MS), sent])
  if (allTold) return { ours: seconds() }
  const [told, after] = [await countTold(database.client), seconds()]
  return { ours: (after * count) / Math.max(1, told), note: `${told} after ${after.toFixed(0)} s, extrapolated` }
}
