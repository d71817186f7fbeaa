/**
 * `npm run bench`: the cost of the hot paths, relative to a plain statement on the same database in the same run. This
 * process also generates the load, so the absolute rates are low; only the ratios can be compared between machines.
 */
import { sign } from 'node:crypto'
import { Agent, request } from 'node:http'
import { createSn } from '../src/infra/numbers.ts'
import { applyToOrder } from '../src/payment/outbox/apply-to-order.ts'
import { relayPayments } from '../src/payment/outbox/relay.ts'
import { settlePayments } from '../src/payment/settlement/settle.ts'
import { encryptAead } from '../src/wechat/cipher.ts'
import { createNonce, responseMessage } from '../src/wechat/signature.ts'
import { parseTransaction } from '../src/wechat/transaction.ts'
import { type BenchApp, openBenchApp } from './bench-app.ts'

const PAYMENTS = 2_000
const CONCURRENCY = 32

interface Paid {
  sn: string
  content: Record<string, unknown>
}

/** Runs `call` for every item, `CONCURRENCY` at a time; returns the calls per second. */
async function measure<Item>(items: Item[], call: (item: Item) => Promise<unknown>): Promise<number> {
  const queue = items.values()
  const startedAt = performance.now()
  const worker = async () => {
    for (const item of queue) await call(item)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
  return items.length / ((performance.now() - startedAt) / 1000)
}

/** Pending payments of one guest, each with a report of WeChat that it is paid. */
async function makePayments({ deps }: BenchApp, count: number): Promise<Paid[]> {
  const { mchid, appid, notifyUrl } = deps.config.wechat.pay
  const user = await deps.db.user.create({ data: { nickname: 'bench' } })
  const sns = Array.from({ length: count }, () => createSn('PA'))
  const common = {
    userId: user.id,
    serviceType: 'HOMESTAY_ORDER',
    mchid,
    appid,
    openid: 'o_bench',
    notifyUrl,
    payTotal: 100,
  }
  await deps.db.payment.createMany({ data: sns.map((sn) => ({ ...common, sn, orderSn: sn, prepayBody: '{}' })) })
  return sns.map((sn, index) => ({
    sn,
    content: {
      appid,
      mchid,
      out_trade_no: sn,
      transaction_id: `4200${String(Date.now())}${String(index).padStart(11, '0')}`,
      trade_type: 'JSAPI',
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
      success_time: new Date().toISOString(),
      payer: { openid: 'o_bench' },
      amount: { total: 100, payer_total: 100, currency: 'CNY' },
    },
  }))
}

function signNotice({ sandbox, wechatKey }: BenchApp, { sn, content }: Paid) {
  const nonce = createNonce().slice(0, 12)
  const plaintext = JSON.stringify(content)
  const ciphertext = encryptAead(sandbox.credentials.apiV3Key, { plaintext, nonce, associatedData: 'transaction' })
  const resource = { algorithm: 'AEAD_AES_256_GCM', ciphertext, associated_data: 'transaction', nonce }
  const body = JSON.stringify({ id: sn, event_type: 'TRANSACTION.SUCCESS', resource })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = sign('sha256', responseMessage({ timestamp, nonce, body }), wechatKey).toString('base64')
  const headers = {
    'content-type': 'application/json',
    'wechatpay-serial': sandbox.credentials.publicKeyId,
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': nonce,
    'wechatpay-signature': signature,
  }
  return { headers, body }
}

function post(agent: Agent, url: string, { headers, body }: ReturnType<typeof signNotice>): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume()
      if (response.statusCode === 204) resolve()
      else reject(new Error(`notice refused: ${response.statusCode}`))
    })
    sent.on('error', reject).end(body)
  })
}

const app = await openBenchApp()
const { deps } = app
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
try {
  const [first, second, plain] = await Promise.all([1, 2, 3].map(() => makePayments(app, PAYMENTS)))
  const update = ({ sn }: Paid) =>
    deps.settleDb.$queryRaw`UPDATE payment SET "lastQueriedAt" = now() WHERE sn = ${sn} RETURNING sn`
  const settleOne = ({ content }: Paid) =>
    settlePayments(deps.settleDb, [{ transaction: parseTransaction(content), source: 'NOTICE' }])

  const notices = (second ?? []).map((paid) => signNotice(app, paid))
  const rates = {
    'one UPDATE … RETURNING': await measure(plain ?? [], update),
    'settle, in one statement': await measure(first ?? [], settleOne),
    'notice over HTTP': await measure(notices, (notice) => post(agent, app.notifyUrl, notice)),
    'repeated notice over HTTP': await measure(notices, (notice) => post(agent, app.notifyUrl, notice)),
  }
  const relayStartedAt = performance.now()
  while (await relayPayments(deps));
  const relayed = (2 * PAYMENTS) / ((performance.now() - relayStartedAt) / 1000)
  const applied = await measure((first ?? []).slice(0, 500), ({ sn }) => applyToOrder(deps, { paymentSn: sn }))

  const base = rates['one UPDATE … RETURNING']
  const rows = Object.entries({
    ...rates,
    'relay, jobs enqueued': relayed,
    'apply to order, refund opened': applied,
  })
  for (const [name, rate] of rows) {
    process.stdout.write(
      `${name.padEnd(34)} ${Math.round(rate).toString().padStart(7)}/s  x${(rate / base).toFixed(2)}\n`,
    )
  }
} finally {
  agent.destroy()
  await app.close()
}
