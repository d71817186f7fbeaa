import { type Client, createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { dayFromToday } from './day.ts'
import type { TargetUrls } from './target.ts'

const HEAR_WITHIN_MS = 120_000

const SIGN_IN = `mutation ($code: String!) {
  wxLogin(input: { code: $code }) { __typename ... on Session { accessToken } ... on Error { code message } }
}`
const BOOK = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) { __typename ... on HomestayOrder { sn } ... on Error { code message } }
}`
const TAP = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) {
    __typename
    ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign }
    ... on Error { code message }
  }
}`

type Result<Fields> = { __typename: string; code?: string; message?: string } & Fields

/** How long each kind of operation took, in ms. */
type Note = (kind: 'read' | 'book' | 'tap' | 'hear', ms: number) => void

export interface Guest {
  /** Books that night of that homestay, pays for it, hears of it, and reads now and then. @throws when anything fails */
  buy(night: { homestayId: string; daysAhead: number }, note: Note): Promise<void>
  close(): void
}

/** The homestays that can be booked. */
export async function readHomestays({ api }: TargetUrls): Promise<string[]> {
  const query = '{ homestays(first: 20) { edges { node { id } } } }'
  const data = await send<{ homestays: { edges: { node: { id: string } }[] } }>(api, { query })
  return data.homestays.edges.map(({ node }) => node.id)
}

/** A guest who behaves, signed in, with a socket of their own. */
export async function openGuest(urls: TargetUrls, name: string): Promise<Guest> {
  const { wxLogin } = await send<{ wxLogin: Result<{ accessToken: string }> }>(urls.api, {
    query: SIGN_IN,
    variables: { code: `code-${name}` },
  })
  expectType(wxLogin, 'Session')
  const { accessToken } = wxLogin
  const socket = createClient({
    url: `${urls.api.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${accessToken}` },
    lazy: false,
    retryAttempts: 5,
    onNonLazyError: () => {},
  })
  return {
    buy: (night, note) => buy({ urls, accessToken, socket }, night, note),
    // It rejects with a connection that is being opened and fails.
    close: () => void Promise.resolve(socket.dispose()).catch(() => {}),
  }
}

interface Session {
  urls: TargetUrls
  accessToken: string
  socket: Client
}

async function buy(
  { urls, accessToken, socket }: Session,
  night: { homestayId: string; daysAhead: number },
  note: Note,
) {
  const timed = async <Data>(kind: Parameters<Note>[0], query: string, variables: object): Promise<Data> => {
    const startedAt = performance.now()
    const data = await send<Data>(urls.api, { query, variables, accessToken })
    note(kind, performance.now() - startedAt)
    return data
  }
  const read = (query: string, variables: object) => timed('read', query, variables)
  const { homestayId, daysAhead } = night
  await read('query ($id: ID!) { homestay(id: $id) { title homestayPrice } }', { id: homestayId })

  const dates = { liveStartDate: dayFromToday(daysAhead), liveEndDate: dayFromToday(daysAhead + 1) }
  const input = { homestayId, livePeopleNum: 1, ...dates }
  const { createHomestayOrder: order } = await timed<{ createHomestayOrder: Result<{ sn: string }> }>('book', BOOK, {
    input,
  })
  expectType(order, 'HomestayOrder')
  const { wxPay } = await timed<{ wxPay: Result<{ paymentSn: string }> }>('tap', TAP, { sn: order.sn })
  expectType(wxPay, 'WxPayParams')
  const { paymentSn: sn, __typename, ...phone } = wxPay
  await read('query ($sn: ID!) { homestayOrder(sn: $sn) { tradeState payment { status } } }', { sn: order.sn })

  const heard = hear(socket, sn)
  await heard.begun
  const paidAt = performance.now()
  await confirm(urls.sandbox, phone)
  await heard.paid
  note('hear', performance.now() - paidAt)
  await read('query ($sn: ID!) { paymentStatus(sn: $sn) { status version } }', { sn })
}

/** The payment's stream: `begun` with the first state, `paid` with SUCCESS. */
function hear(socket: Client, sn: string): { begun: Promise<void>; paid: Promise<void> } {
  const begun = Promise.withResolvers<void>()
  const paid = Promise.withResolvers<void>()
  const fail = (cause: unknown) => {
    const error = new Error(`nothing was heard of payment ${sn}`, { cause })
    begun.reject(error)
    paid.reject(error)
  }
  paid.promise.catch(() => {})
  const timer = setTimeout(fail, HEAR_WITHIN_MS, 'timed out')
  const stop = socket.subscribe<{ paymentStatusChanged: { status: string } }>(
    { query: 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status version } }', variables: { sn } },
    {
      next: ({ data, errors }) => {
        if (errors) fail(errors)
        begun.resolve()
        if (data?.paymentStatusChanged.status !== 'SUCCESS') return
        clearTimeout(timer)
        paid.resolve()
        stop()
      },
      error: fail,
      complete: () => {},
    },
  )
  return { begun: begun.promise, paid: paid.promise }
}

async function confirm(sandbox: string, phone: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${sandbox}/sandbox/pay`, { method: 'POST', headers, body: JSON.stringify(phone) })
  if (!answer.ok) throw new Error(`the sandbox refused the payment: ${await answer.text()}`)
}

async function send<Data>(
  api: string,
  { query, variables, accessToken }: { query: string; variables?: object; accessToken?: string },
): Promise<Data> {
  const headers = {
    'content-type': 'application/json',
    ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
  }
  const answer = await fetch(`${api}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = (await answer.json()) as { data?: Data; errors?: unknown }
  if (errors !== undefined || !data) throw new Error(`an honest guest was refused: ${JSON.stringify(errors)}`)
  return data
}

function expectType(result: Result<object>, name: string): void {
  if (result.__typename !== name) throw new Error(`an honest guest got ${result.code}: ${result.message}`)
}
