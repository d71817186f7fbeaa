import { perOperation, withCpu } from '../cpu.ts'
import { accessToken, deploy } from '../deployment.ts'
import { type Filling, fillGuests, fillOrders, orderSn, sessionId } from '../fill.ts'
import { startGenerator } from '../load/generator.ts'
import type { HttpJob, HttpResult } from '../load/http.ts'
import type { RsaJob, RsaResult } from '../load/rsa.ts'
import { tapRequest } from '../operations.ts'
import { createPace, type Part } from '../part.ts'

const TOGETHER = 32
const ROUND_SECONDS = 3
const RSA_SECONDS = 1
/** A tap signs the call of prepay, and what the phone gets. */
const SIGNATURES_A_TAP = 2
const FILLING: Filling = { homestays: 2_000, guests: 500 }

/** First taps: each opens an attempt, calls prepay and signs. */
export const tap: Part = {
  name: 'tap',
  about: 'wxPay: the first tap of an order',
  rows: {
    taps: {
      what: '`wxPay`, first taps, 32 at once',
      unit: '/s',
      beside: 'half of the RSA-2048 signatures that a core makes',
      better: 'higher',
      goal: 0.8,
      floor: 0.45,
    },
  },
  open: async (bench) => {
    const { servers, stack } = bench
    const database = await servers.createDatabase('bench_tap')
    stack.defer(() => database.client.end())
    await fillGuests(bench, database.client, FILLING)
    const deployment = await deploy(bench, { database, signedPrepays: 5_000 })
    const load = startGenerator<HttpJob, HttpResult>(stack, 'http')
    const rsa = startGenerator<RsaJob, RsaResult>(stack, 'rsa')
    const tokens = await Promise.all(
      Array.from({ length: FILLING.guests }, (_, index) => accessToken(sessionId(index + 1))),
    )
    const pace = createPace(ROUND_SECONDS, { first: 200 * bench.scale, most: 4_000 * bench.scale })
    let next = 1
    const round = async () => {
      const count = pace.count()
      const range = { from: next, to: next + count - 1 }
      next += count
      await fillOrders(bench, database.client, { ...range, ...FILLING, stage: 'booked' })
      const requests = Array.from({ length: count }, (_, index) => {
        const number = range.from + index
        return tapRequest(tokens[(number - 1) % FILLING.guests] ?? '', orderSn(number))
      })
      const { result, cpu } = await withCpu({ ...deployment.watched, load: load.pid }, () =>
        load.run({ url: deployment.url, connections: TOGETHER, requests, expect: { status: 200, text: '"paySign"' } }),
      )
      pace.observe(result.perSecond)
      const { perSecond } = await rsa.run({ privateKey: servers.credentials.mchPrivateKey, seconds: RSA_SECONDS })
      return {
        taps: { ours: result.perSecond, peer: perSecond / SIGNATURES_A_TAP, cpu: perOperation(cpu, count) },
      }
    }
    // The second with as many as a round has: two hundred don't compile everything.
    await round()
    await round()
    return round
  },
}
