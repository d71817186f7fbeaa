import { EventEmitter, on } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { formatDay, shanghaiDay } from '../../../../src/infra/shanghai.ts'
import { listen } from '../../../harness/listen.ts'

/** The fields of `wx.requestPayment`, and the appId. */
type PayParameters = Record<'appId' | 'timeStamp' | 'nonceStr' | 'package' | 'signType' | 'paySign', string>

type Json = Record<string, unknown>

/** What a journey asks of an SDK, by its own calls. */
interface Sdk {
  /** The parameters that it signs for the phone. */
  prepay(order: Order): Promise<PayParameters>
  /** The content of a notice, verified and decrypted. */
  readNotice(headers: IncomingHttpHeaders, body: string): Promise<Json>
  query(outTradeNo: string): Promise<Json>
  /** The status that it gets. */
  close(outTradeNo: string): Promise<number>
  refund(refund: Refund): Promise<Json>
  /** The text of a day's trade bill. */
  downloadBill(billOn: string): Promise<string>
}

interface Order {
  description: string
  out_trade_no: string
  notify_url: string
  amount: { total: number; currency: string }
  payer: { openid: string }
}

interface Refund {
  out_trade_no: string
  out_refund_no: string
  notify_url: string
  amount: { refund: number; total: number; currency: string }
}

/** What came of a journey, in WeChat's words. */
interface Journey {
  paid: unknown
  queried: unknown
  refund: unknown
  refunded: unknown
  close: number
  closed: unknown
  /** The bill's first column. */
  bill: string
}

const ENDS_WITHIN_MS = 300_000

/** A setting that this process was started with. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

/** Takes an order through its life with an SDK: paid and refunded; and another one, which is closed. Writes what came of it. */
export async function takeJourney(sdk: Sdk): Promise<void> {
  const arrived = new EventEmitter()
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      arrived.emit('notice', request.headers, Buffer.concat(chunks).toString())
      response.writeHead(204).end()
    })
  })
  const notify_url = `http://127.0.0.1:${await listen(server)}/notify`
  const notices = on(arrived, 'notice', { signal: AbortSignal.timeout(ENDS_WITHIN_MS) })
  const nextNotice = async () => {
    const { value } = (await notices.next()) as { value: [IncomingHttpHeaders, string] }
    return sdk.readNotice(...value)
  }
  const orderOf = (out_trade_no: string): Order => ({
    description: '海边民宿 2 晚',
    out_trade_no,
    notify_url,
    amount: { total: 12_800, currency: 'CNY' },
    payer: { openid: 'o_alice' },
  })
  const [bought, left, back] = ['B', 'L', 'R'].map((kind) => `${kind}${process.pid}X${Date.now()}`) as [
    string,
    string,
    string,
  ]

  await payByPhone(await sdk.prepay(orderOf(bought)))
  const paid = await nextNotice()
  const queried = await sdk.query(bought)
  const amount = { refund: 2_800, total: 12_800, currency: 'CNY' }
  const refund = await sdk.refund({ out_trade_no: bought, out_refund_no: back, notify_url, amount })
  const refunded = await nextNotice()
  await sdk.prepay(orderOf(left))
  const close = await sdk.close(left)
  const journey: Journey = {
    paid: paid['trade_state'],
    queried: queried['trade_state'],
    refund: refund['status'],
    refunded: refunded['refund_status'],
    close,
    closed: (await sdk.query(left))['trade_state'],
    bill: firstColumn(await sdk.downloadBill(formatDay(shanghaiDay(new Date())))),
  }
  process.stdout.write(`${JSON.stringify(journey)}\n`)
  server.close().closeAllConnections()
}

/** Some SDKs leave the byte-order mark. */
function firstColumn(bill: string): string {
  return bill.replace(/^\uFEFF/, '').split(',', 1)[0] ?? ''
}

/** The buyer's phone: not the merchant's, and so by the sandbox's own URL. */
async function payByPhone(parameters: PayParameters): Promise<void> {
  const response = await fetch(`${setting('SANDBOX_URL')}/sandbox/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(parameters),
  })
  if (!response.ok) throw new Error(`The phone couldn't pay: ${response.status} ${await response.text()}`)
}
