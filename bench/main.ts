/**
 * `npm run bench`: what the hot paths cost, as ratios to a plain statement on the same database in the same run. The
 * load comes from this process too, so the absolute numbers are low; only ratios travel between machines.
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
import { openStage, type Stage } from './stage.ts'

const PAYMENTS = 2_000
const AT_ONCE = 32

interface Paid {
  sn: string
  content: Record<string, unknown>
}

/** Runs every call, so many at once, and answers calls a second. */
async function measure<Item>(items: Item[], call: (item: Item) => Promise<unknown>): Promise<number> {
  const queue = items.values()
  const startedAt = performance.now()
  const runner = async () => {
    for (const item of queue) await call(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, runner))
  return items.length / ((performance.now() - startedAt) / 1000)
}

/** Pending payments of one guest, each with WeChat's word that it is paid. */
async function makePayments({ deps }: Stage, count: number): Promise<Paid[]> {
  const { mchid, appid, notifyUrl } = deps.config.wechat.pay
  const user = await deps.db.user.create({ data: { nickname: 'bench' } })
  const sns = Array.from({ length: count }, () => createSn('PA'))
  const made = {
    userId: user.id,
    serviceType: 'HOMESTAY_ORDER',
    mchid,
    appid,
    openid: 'o_bench',
    notifyUrl,
    payTotal: 100,
  }
  await deps.db.payment.createMany({ data: sns.map((sn) => ({ ...made, sn, orderSn: sn, prepayBody: '{}' })) })
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

function seal({ sandbox, wechatKey }: Stage, { sn, content }: Paid) {
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

function post(agent: Agent, url: string, { headers, body }: ReturnType<typeof seal>): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume()
      if (response.statusCode === 204) resolve()
      else reject(new Error(`a notice was answered by ${response.statusCode}`))
    })
    sent.on('error', reject).end(body)
  })
}

const stage = await openStage()
const { deps } = stage
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
try {
  const [first, second, plain] = await Promise.all([1, 2, 3].map(() => makePayments(stage, PAYMENTS)))
  const update = ({ sn }: Paid) =>
    deps.settleDb.$queryRaw`UPDATE payment SET "lastQueriedAt" = now() WHERE sn = ${sn} RETURNING sn`
  const settleOne = ({ content }: Paid) =>
    settlePayments(deps.settleDb, [{ transaction: parseTransaction(content), source: 'NOTICE' }])

  const notices = (second ?? []).map((paid) => seal(stage, paid))
  const rates = {
    'one UPDATE … RETURNING': await measure(plain ?? [], update),
    'settle, one statement': await measure(first ?? [], settleOne),
    'a notice over HTTP': await measure(notices, (notice) => post(agent, stage.notifyUrl, notice)),
    'the same notice again': await measure(notices, (notice) => post(agent, stage.notifyUrl, notice)),
  }
  const relayStartedAt = performance.now()
  while (await relayPayments(deps));
  const relayed = (2 * PAYMENTS) / ((performance.now() - relayStartedAt) / 1000)
  const followed = await measure((first ?? []).slice(0, 500), ({ sn }) => applyToOrder(deps, { paymentSn: sn }))

  const base = rates['one UPDATE … RETURNING']
  const rows = Object.entries({
    ...rates,
    'relay, payments queued': relayed,
    'follow, with its refund opened': followed,
  })
  for (const [name, rate] of rows) {
    process.stdout.write(
      `${name.padEnd(34)} ${Math.round(rate).toString().padStart(7)}/s  x${(rate / base).toFixed(2)}\n`,
    )
  }
} finally {
  agent.destroy()
  await stage.close()
}
