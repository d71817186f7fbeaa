import { createServer } from 'node:http'
import {
  createPayClient,
  type PayClient,
  type PayClientOptions,
  type Payment,
  type Problem,
} from '../../../client/src/pay-client.ts'
import type { WxRequestPaymentOption } from '../../../client/src/wx.ts'
import type { TestApp } from '../../harness/app.ts'
import { type Booked, givenOrder } from '../../harness/fixtures.ts'
import { test as graphqlTest, type TestGraphql } from '../../harness/graphql.ts'
import { listen } from '../../harness/listen.ts'
import { createFakeWx, type FakeWx } from './fake-wx.ts'

/** A guest's phone that runs the mini-program, and an order to pay. */
export interface Phone extends Booked {
  fake: FakeWx
  client: PayClient
  session: { accessToken: string }
  /** Confirms the pay sheet: WeChat takes the money and sends its notice. */
  confirm: (sheet: WxRequestPaymentOption) => Promise<void>
  /** Another client on the same phone. */
  createClient(options?: Partial<PayClientOptions>): PayClient
}

const SHORT_INTERVALS = { idleSocketMs: 60, reconnectMs: 10, pollMs: 100 }

async function openPhone(app: TestApp, graphql: TestGraphql): Promise<Phone & { close(): void }> {
  const booked = await givenOrder(app)
  const fake = createFakeWx()
  const { accessToken } = await graphql.as(booked.guest)
  const session = { accessToken }
  const clients: PayClient[] = []
  const createClient = (options: Partial<PayClientOptions> = {}) => {
    const client = createPayClient({
      url: graphql.url,
      token: () => session.accessToken,
      wx: fake.wx,
      ...SHORT_INTERVALS,
      ...options,
    })
    clients.push(client)
    return client
  }
  return {
    ...booked,
    fake,
    session,
    client: createClient(),
    createClient,
    confirm: async ({ success: _success, fail: _fail, ...params }) => {
      // The phone knows which app is running, so `wx.requestPayment` takes no appId; the sandbox needs it.
      const body = JSON.stringify({ ...params, appId: app.sandbox.credentials.appid })
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${app.sandbox.url}/sandbox/pay`, { method: 'POST', headers, body })
      if (!response.ok) throw new Error(`fail ${await response.text()}`)
    },
    close() {
      for (const client of clients) client.close()
    },
  }
}

/** A test with the whole app, its GraphQL server, and a guest's phone. */
export const test = graphqlTest.extend<{ phone: Phone }>({
  phone: async ({ app, graphql }: { app: TestApp; graphql: TestGraphql }, use: (phone: Phone) => Promise<void>) => {
    const phone = await openPhone(app, graphql)
    await use(phone)
    phone.close()
  },
})

/** WeChat's error when the guest closes the pay sheet. */
export const CANCEL = 'fail cancel'

/** A pay sheet that stays open until the test calls `answer`. */
export function heldSheet(): {
  onPaySheet: FakeWx['onPaySheet']
  shown: Promise<WxRequestPaymentOption>
  answer: () => void
} {
  const shown = Promise.withResolvers<WxRequestPaymentOption>()
  const answered = Promise.withResolvers<void>()
  return {
    shown: shown.promise,
    answer: answered.resolve,
    onPaySheet: (option) => {
      shown.resolve(option)
      return answered.promise
    },
  }
}

/** A payment whose pay sheet stays open. */
export async function givenOpenSheet(phone: Phone) {
  const sheet = heldSheet()
  phone.fake.onPaySheet = sheet.onPaySheet
  const paying = phone.client.pay(phone.order.sn)
  return { paying, option: await sheet.shown, answer: sheet.answer }
}

/** Watches a payment, and records what its listener receives. */
export function watch({ client }: Pick<Phone, 'client'>, sn: string) {
  const states: Payment[] = []
  const ends: (Problem | null)[] = []
  const stop = client.watchPayment(sn, {
    onPayment: (payment) => states.push(payment),
    onEnd: (problem) => ends.push(problem),
  })
  return { states, ends, stop, statuses: () => states.map(({ status }) => status) }
}

/** A proxy in front of the server that passes requests on but no WebSockets. */
export async function openHttpProxy({ server }: TestGraphql) {
  const proxy = createServer(server.handleRequest)
  const port = await listen(proxy)
  const accepted: string[] = []
  proxy.on('request', ({ headers }) => accepted.push(String(headers.accept)))
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    accepted,
    close: () => proxy.close().closeAllConnections(),
  }
}
