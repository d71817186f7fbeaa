import { createServer } from 'node:http'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import { assembleApp } from '../../../src/app.ts'
import type { Deps } from '../../../src/deps.ts'
import { createNoticeRoute } from '../../../src/http/wechat-notify.ts'
import { openQueue } from '../../../src/infra/queue.ts'
import { applyNew } from '../../../src/payment/outbox/apply-new.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openDatabases } from '../../harness/connections.ts'
import { type DistantDatabase, openDistantDatabase } from '../../harness/distant-database.ts'
import { freshOrder, orderOf, paymentOf } from '../../harness/fixtures.ts'
import { postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { serveGraphql, signInClient } from '../../harness/graphql-client.ts'
import { listen } from '../../harness/listen.ts'
import { paidContent } from '../../harness/reports.ts'

const MOST_ROUND_TRIPS = 10

interface DistantApp {
  deps: Deps
  database: DistantDatabase
}

/** Another instance of the app, which reaches the same database through a proxy that counts. */
async function openDistantApp(app: TestApp): Promise<DistantApp> {
  const log = pino({ level: 'silent' })
  const database = await openDistantDatabase(app.databaseUrl)
  const { databases, close } = openDatabases(database.url, log)
  const queue = await openQueue(database.url, 'send', log)
  const { deps, close: closeApp } = assembleApp(app.deps.config, {
    log,
    ...databases,
    callDb: app.deps.db,
    queue,
    databaseId: '',
  })
  onTestFinished(async () => {
    await closeApp()
    await queue.stop({ graceful: false })
    await close()
    database.close()
  })
  return { deps, database }
}

/** The notice route of `deps`. @returns its URL. */
async function serveNotices(deps: Deps): Promise<string> {
  const route = createNoticeRoute(deps)
  const server = createServer((request, response) => void route(request, response))
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${port}`
}

const TAP = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) { __typename ... on WxPayParams { paymentSn } ... on Error { code message } }
}`

describe('a database that is far away', () => {
  test('is asked at most 10 times for a payment, from the tap until its order can be used', async ({ app }) => {
    const distant = await openDistantApp(app)
    const graphql = await serveGraphql(distant.deps)
    onTestFinished(() => graphql.close())
    const notifyUrl = await serveNotices(distant.deps)
    /** From the tap to WAIT_USE. @returns the round trips of each step. */
    const pay = async () => {
      const { order, guest } = await freshOrder(app)
      const client = await signInClient(graphql.url, guest.nickname)
      const steps: Record<string, number> = {}
      const step = async <Result>(name: string, act: () => Promise<Result>): Promise<Result> => {
        const before = distant.database.roundTrips()
        const result = await act()
        steps[name] = distant.database.roundTrips() - before
        return result
      }
      const { paymentSn } = await step('tap', () => client.mutate<{ paymentSn: string }>(TAP, { sn: order.sn }))
      const notice = signNotice(sealNotice(paidContent(await paymentOf(app.deps, paymentSn))))
      const answer = await step('notice', () => postNotice({ ...app, notifyUrl }, notice))
      expect(answer.status).toBe(204)
      await step('apply', () => applyNew(distant.deps))
      expect(await orderOf(app.deps, order.sn)).toMatchObject({ tradeState: 'WAIT_USE' })
      return steps
    }
    // The first one opens connections and learns the database's types.
    await pay()

    const steps = await pay()

    const all = Object.values(steps).reduce((sum, count) => sum + count, 0)
    expect(all, `round trips: ${JSON.stringify(steps)}`).toBeGreaterThanOrEqual(Object.keys(steps).length)
    expect(all, `round trips: ${JSON.stringify(steps)}`).toBeLessThanOrEqual(MOST_ROUND_TRIPS)
  })
})
