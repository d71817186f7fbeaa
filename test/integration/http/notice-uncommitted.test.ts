import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createNoticeRoute } from '../../../src/http/wechat-notify.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { whileDatabaseIsDown } from '../../harness/database-outage.ts'
import { freshTapped, paymentOf } from '../../harness/fixtures.ts'
import { type ForgedNotice, notify, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { listen } from '../../harness/listen.ts'
import { whileLocked, whileTableLocked } from '../../harness/race.ts'
import { paidContent } from '../../harness/reports.ts'
import { snapshotOf } from '../../harness/snapshot.ts'

/** How many notices are processed at once. */
const MAX_WAITING = 1_000

/** So few that all arrive before the first is answered for want of time, however slow the machine. */
const FEW = 3

describe('a notice whose effect can not be committed', () => {
  test('answers 500 to a notice during a database outage, and accepts its repeat afterwards', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const notice = signNotice(sealNotice(paidContent(payment)))

    const during = await whileDatabaseIsDown(app, () => postNotice(app, notice))
    const after = await postNotice(app, notice)

    expect([during.status, after.status]).toEqual([500, 204])
    expect(await during.json()).toEqual({ code: 'FAIL', message: expect.any(String) })
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', version: 2 })
  })

  test('answers 204 to a notice whose payment is unlocked in time', async ({ app }) => {
    const { payment } = await freshTapped(app)

    const status = await whileLocked(app, { table: 'payment', key: payment.sn }, async (waiters) => {
      const answered = notify(app, paidContent(payment))
      await waiters(1)
      return () => answered
    })

    expect(status).toBe(204)
  })
})

describe('a notice whose payment stays locked', () => {
  test.override({ isDeployed: true })

  test('answers 500 to a notice while its payment stays locked, and accepts its repeat', async ({ app }) => {
    const { order, payment } = await freshTapped(app)
    const content = paidContent(payment)
    const before = await snapshotOf(app.deps, order.sn)

    const answered = await whileLocked(app, { table: 'payment', key: payment.sn }, async () => {
      const status = await notify(app, content)
      return async () => status
    })

    expect(answered).toBe(500)
    expect(await snapshotOf(app.deps, order.sn)).toEqual(before)
    // WeChat repeats it too: on a slow machine the first repeat may exceed the time-outs.
    await expect.poll(() => notify(app, content)).toBe(204)
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', version: 2 })
  })

  test('settles with a lock_timeout of 500 ms and a statement_timeout of 2 s', async ({ app }) => {
    const limits = await app.deps.settleDb.$queryRaw`
      SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement`

    expect(limits).toEqual([{ lock: '500ms', statement: '2s' }])
  })
})

describe('more notices at once than are processed', () => {
  test('answers 503 at once, without verification, to notices beyond the limit, and accepts their repeats', async ({
    app,
  }) => {
    const few = await serveFew(app)
    // An event type that is only stored: no lock_timeout ends the first notice while the last are still arriving.
    const notice = signNotice(sealNotice({ id: 'any' }, { eventType: 'PAYSCORE.USER_PAID' }))

    const statuses = await whileTableLocked(app, 'payment_mismatch', async () => {
      const answers = Array.from({ length: FEW + 2 }, async () => (await postNotice(few, notice)).status)
      const unsigned = { method: 'POST', body: 'unsigned' }
      await expect.poll(async () => (await fetch(few.notifyUrl, unsigned)).status).toBe(503)
      expect(await Promise.race(answers)).toBe(503)
      return () => Promise.all(answers)
    })

    expect(statuses.filter((status) => ![204, 503].includes(status))).toEqual([])
    expect(statuses.filter((status) => status === 204).length).toBeGreaterThanOrEqual(FEW)
    expect((await postNotice(few, notice)).status).toBe(204)
  })

  test('answers 503 to notices beyond the limit even if all had started before the first was complete', async ({
    app,
  }) => {
    const notice = signNotice(sealNotice({ id: 'any' }, { eventType: 'PAYSCORE.USER_PAID' }))
    const few = await serveFew(app)
    const begun = await Promise.all(Array.from({ length: FEW + 2 }, () => begin(few, notice)))
    try {
      const statuses = await whileTableLocked(app, 'payment_mismatch', async () => {
        for (const { socket } of begun) socket.write(String(notice.body))
        // Those within the limit can't end meanwhile.
        expect(await Promise.race(begun.map(({ status }) => status))).toBe(503)
        return () => Promise.all(begun.map(({ status }) => status))
      })

      expect(statuses.toSorted((one, other) => one - other)).toEqual([...Array(FEW).fill(204), 503, 503])
    } finally {
      for (const { socket } of begun) socket.destroy()
    }
    expect((await postNotice(few, notice)).status).toBe(204)
  })

  test('accepts a notice beside 1,000 requests that never send their body', async ({ app }) => {
    const { payment } = await freshTapped(app)
    const never = { headers: {}, body: 'never sent' }
    const begun = await Promise.all(Array.from({ length: MAX_WAITING }, () => begin(app, never)))
    try {
      expect(await notify(app, paidContent(payment))).toBe(204)
    } finally {
      for (const { socket } of begun) socket.destroy()
    }
  })
})

/** The app with a lower limit: on a slow machine a thousand notices may take longer than their time-outs. */
async function serveFew(app: TestApp): Promise<TestApp> {
  const route = createNoticeRoute(app.deps, { maxWaiting: FEW })
  const server = createServer((request, response) => void route(request, response))
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return { ...app, notifyUrl: `http://127.0.0.1:${port}/wechat/pay/notify` }
}

/**
 * Sends the head of a notice, and waits until the app reads the body, which "100 Continue" says.
 *
 * @returns the connection, and the status of the answer to come; 0 when there is none.
 */
async function begin(app: TestApp, notice: ForgedNotice): Promise<{ socket: Socket; status: Promise<number> }> {
  const socket = open(app)
  const continued = Promise.withResolvers<void>()
  const status = Promise.withResolvers<number>()
  let heard = ''
  socket.on('data', (chunk) => {
    heard += String(chunk)
    continued.resolve()
    const answer = /HTTP\/1\.1 ([2-5]\d\d)/.exec(heard)
    if (answer) status.resolve(Number(answer[1]))
  })
  socket.on('error', () => {})
  socket.on('close', () => status.resolve(0))
  socket.write(headOf(app, notice, { expect: '100-continue' }))
  await continued.promise
  return { socket, status: status.promise }
}

function open(app: TestApp): Socket {
  const { hostname, port } = new URL(app.notifyUrl)
  return connect(Number(port), hostname).setEncoding('latin1')
}

function headOf(app: TestApp, { headers, body }: ForgedNotice, more: Record<string, string> = {}): string {
  const { host, pathname } = new URL(app.notifyUrl)
  const fields = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)), ...more })
  return `POST ${pathname} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
