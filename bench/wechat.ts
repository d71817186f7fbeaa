/**
 * A process of the bench: WeChat, played at almost no cost. Signatures are real; those of prepay are made before it is
 * ready, each for a `prepay_id` of its own, so that signing them doesn't take the cores from what is measured.
 */
import { createPrivateKey, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Credentials } from '@looklook-pay/sandbox'
import { signedHeaders } from './signed-headers.ts'

/** WeChat Pay's signatures are taken for five minutes. */
const SIGNED_FOR_MS = 240_000

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

const credentials = JSON.parse(process.env['CREDENTIALS'] ?? '') as Credentials
const delayMs = Number(process.env['DELAY_MS'])
const key = createPrivateKey(credentials.platformPrivateKey)
const closed = new Set<string>()
let prepays = 0

function signed(status: number, content?: object): Answer {
  const body = content === undefined ? '' : JSON.stringify(content)
  const nonce = randomBytes(16).toString('hex')
  return { status, headers: signedHeaders(credentials, { key, nonce, body }), body }
}

const newPrepay = () => signed(200, { prepay_id: `wx${Date.now()}${randomBytes(12).toString('hex')}` })
const signedPrepays = Array.from({ length: Number(process.env['SIGNED_PREPAYS']) }, newPrepay)
const signedAt = Date.now()

/** The signed ones in turn, while they are valid. */
function prepay(): Answer {
  prepays += 1
  const isValid = Date.now() - signedAt < SIGNED_FOR_MS
  return (isValid ? signedPrepays[prepays % signedPrepays.length] : undefined) ?? newPrepay()
}

function plain(content: object): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
}

function answer(method: string, url: string): Answer {
  const number = /out-trade-no\/([^/?]+)/.exec(url)?.[1]
  if (url.startsWith('/v3/pay/transactions/jsapi')) return prepay()
  if (number !== undefined && method === 'POST') {
    closed.add(number)
    return signed(204)
  }
  if (number !== undefined) return signed(200, unpaid(number))
  if (url.startsWith('/cgi-bin/stable_token')) return plain({ access_token: 'a'.repeat(150), expires_in: 7_200 })
  if (url.startsWith('/cgi-bin/message/subscribe/send')) return plain({ errcode: 0, errmsg: 'ok' })
  if (url === '/ready') return plain({})
  // Platform certificates among them, which a merchant with WeChat Pay's public key needn't have.
  return { ...plain({ code: 'RESOURCE_NOT_EXISTS', message: '资源不存在' }), status: 404 }
}

function unpaid(outTradeNo: string): object {
  const { appid, mchid } = credentials
  const state = closed.has(outTradeNo)
    ? { trade_state: 'CLOSED', trade_state_desc: '订单已关闭' }
    : { trade_state: 'NOTPAY', trade_state_desc: '订单未支付' }
  return { appid, mchid, out_trade_no: outTradeNo, ...state }
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const send = () => {
    const { status, headers, body } = answer(request.method ?? '', request.url ?? '')
    response.writeHead(status, headers).end(body)
  }
  request.resume().on('end', () => {
    if (delayMs > 0) setTimeout(send, delayMs)
    else send()
  })
}

createServer(serve).listen(Number(process.env['PORT']), '127.0.0.1')
