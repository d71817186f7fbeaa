import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@looklook-pay/sandbox'
import {
  type Answer,
  CreateHomestayOrderDocument,
  createPayClient,
  HomestayOrderDocument,
  type PayClient,
  type PayStatus,
  type TypedDocumentString,
  WxPayDocument,
  type WxPayParams,
} from '../../client/src/pay-client.ts'
import { until } from '../harness/until.ts'
import { answeredSoon } from './place.ts'
import type { WatchedSockets } from './watched-sockets.ts'

const GIVES_UP_AFTER_MS = 60_000
const AGAIN_AFTER_MS = 250
const PAID_WITHIN_MS = 20_000

/** What a client may send again, as docs/operations.md says: no answer came, or one that says to wait. */
const RETRYABLE = ['NETWORK', 'RATE_LIMITED']

/** A night of a homestay that nobody else books. */
export interface Night {
  homestayId: string
  liveStartDate: string
  liveEndDate: string
}

/** Whom all guests of a rehearsal share. */
export interface Town {
  /** Without a path. */
  url: string
  sandbox: Sandbox
  sockets: WatchedSockets
  requests: {
    sent: number
    /** How many of these were sent again, by what had become of them. */
    again: Map<string, number>
  }
  nextNight(): Night
  signal: AbortSignal
}

/** A purchase from its beginning to its entry code, as the guest saw it. */
export interface Purchase {
  openid: string
  orderSn: string
  paymentSn: string
  tradeCode: string
  /** What its subscriber was shown. */
  seen: { version: number; status: PayStatus }[]
}

/** How long the guest looks at the pay sheet, and then goes on watching the payment. */
export interface Patience {
  thinkMs: number
  stayMs: number
}

/** A guest signs in, books, taps, watches, pays, and hears of it all by a subscription over wss. @throws when one of it fails. */
export async function purchase(town: Town, openid: string, { thinkMs, stayMs }: Patience): Promise<Purchase> {
  const { url, sockets, signal } = town
  const client = createPayClient({
    url: `${url}/graphql`,
    getLoginCode: async () => `code-${openid}`,
    webSocket: sockets.socketClass,
  })
  try {
    await insist(town, () => client.login())
    const orderSn = await book(town, client, openid)
    const { paymentSn, ...params } = await tap(town, client, orderSn)
    const seen: Purchase['seen'] = []
    client.watchPayment(paymentSn, { onPayment: ({ version, status }) => void seen.push({ version, status }) })
    const whenShown = (wanted: PayStatus) =>
      until(
        `${openid} is shown that ${paymentSn} is ${wanted}`,
        () => seen.some(({ status }) => status === wanted) || undefined,
        { signal, withinMs: GIVES_UP_AFTER_MS },
      )
    await whenShown('PENDING')
    await sleep(thinkMs, undefined, { signal })
    await payOnPhone(town, openid, params)
    await whenShown('SUCCESS')
    const tradeCode = await whenUsable(town, client, orderSn)
    await sleep(stayMs, undefined, { signal })
    return { openid, orderSn, paymentSn, tradeCode, seen }
  } finally {
    client.close()
  }
}

/** Calls until there is an answer, as far as calls may be repeated. @throws when there is none, or a refusal. */
async function insist<Data>({ requests, signal }: Town, call: () => Promise<Answer<Data>>): Promise<Data> {
  const endsAt = performance.now() + GIVES_UP_AFTER_MS
  for (;;) {
    requests.sent += 1
    const answer = await call()
    if (answer.ok) return answer.data
    const { code, message } = answer.problem
    const why = `${code}: ${message}`.replaceAll(/\s+/g, ' ')
    if (!RETRYABLE.includes(code) || performance.now() > endsAt) throw new Error(why)
    requests.again.set(why, (requests.again.get(why) ?? 0) + 1)
    await sleep(AGAIN_AFTER_MS, undefined, { signal })
  }
}

function ask<Data, Variables>(
  town: Town,
  client: PayClient,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  return insist(town, () => client.request(document, variables))
}

/** @returns the order's number. Sent again, it is the same order. */
async function book(town: Town, client: PayClient, openid: string): Promise<string> {
  const input = { ...town.nextNight(), livePeopleNum: 1, idempotencyKey: openid }
  const { createHomestayOrder: booked } = await ask(town, client, CreateHomestayOrderDocument, { input })
  if (booked.__typename !== 'HomestayOrder') throw new Error(`${openid} can't book: ${booked.message}`)
  return booked.sn
}

async function tap(town: Town, client: PayClient, orderSn: string): Promise<WxPayParams> {
  const { wxPay } = await ask(town, client, WxPayDocument, { input: { orderSn } })
  if (wxPay.__typename !== 'WxPayParams') throw new Error(`${orderSn} can't be paid: ${wxPay.message}`)
  return wxPay
}

/** Accepts two messages of each template, so that a second one would arrive too, and pays. */
async function payOnPhone(
  { sandbox, signal }: Town,
  openid: string,
  params: Omit<WxPayParams, 'paymentSn'>,
): Promise<void> {
  const accepted = Object.values(sandbox.credentials.templates)
  for (let nth = 0; nth < 2; nth++) sandbox.consent({ openid, accepted })
  const response = await fetch(`${sandbox.url}/sandbox/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
    ...answeredSoon(signal, PAID_WITHIN_MS),
  })
  if (!response.ok) throw new Error(`the sandbox refuses the payment of ${openid}: ${await response.text()}`)
  await response.arrayBuffer()
}

/** Waits until the order can be used. @returns its entry code. */
function whenUsable(town: Town, client: PayClient, orderSn: string): Promise<string> {
  const look = async () => {
    const { homestayOrder } = await ask(town, client, HomestayOrderDocument, { sn: orderSn })
    return homestayOrder?.tradeState === 'WAIT_USE' ? (homestayOrder.tradeCode ?? undefined) : undefined
  }
  return until(`${orderSn} is WAIT_USE`, look, { signal: town.signal, withinMs: GIVES_UP_AFTER_MS, everyMs: 250 })
}
