import { type FaultKind, PayError, type RefundEnd } from '@looklook-pay/sandbox'
import { DomainError } from '../../src/errors.ts'
import { paymentChanged } from '../../src/jobs.ts'
import { cancelHomestayOrder, createCloseLoop } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { closeOrphaned } from '../../src/payment/attempt/close.ts'
import { wxPay } from '../../src/payment/attempt/open.ts'
import { createRecheckLoop, refreshPayment } from '../../src/payment/attempt/recheck.ts'
import { applyToOrder } from '../../src/payment/outbox/apply-to-order.ts'
import { relayPayments } from '../../src/payment/outbox/relay.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { finishDecisions } from '../../src/payment/review/decide.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { WechatPayError } from '../../src/wechat/errors.ts'
import { paidReport } from '../harness/reports.ts'
import { loseJobs } from '../harness/snapshot.ts'
import { type Act, GUEST_REASON, type Lane, type Life, PRICE_FEN } from './system.ts'
import { attemptsOf, endedRefunds, endRefunds, isOnAPhone } from './ledger.ts'
import { operatorSteps } from './operator.ts'
import type { Step, Who } from './steps.ts'

/** Does a step. A refusal that a person or WeChat may be given is an end like any other; anything else is a failure. */
export async function act(lane: Lane, life: Life, step: Step): Promise<void> {
  if (typeof step !== 'string') {
    await Promise.all(step.atOnce.map((each) => act(lane, life, each)))
    return
  }
  try {
    await doStep(lane, life, step)
  } catch (error) {
    if (!(error instanceof DomainError || error instanceof WechatPayError || error instanceof PayError)) throw error
  }
}

async function doStep(lane: Lane, life: Life, step: string): Promise<void> {
  const who: Who = step.includes('rival') ? 'rival' : 'guest'
  const match = steps.find(([pattern]) => pattern.test(step))
  if (!match) throw new Error(`nobody knows how to do: ${step}`)
  await match[1](lane, life, { step, who, orderSn: life.orders[who] ?? 'HO00000000NONE' })
}

const personSteps: [RegExp, Act][] = [
  [
    /taps$/,
    async ({ app, people }, life, { who, orderSn }) => {
      life.phone[who] = await wxPay(app.deps, { orderSn, serviceType: 'HOMESTAY_ORDER', userId: people[who].id })
    },
  ],
  [
    /pays$/,
    async ({ app }, { phone }, { who }) => {
      if (!phone[who]) return
      const { paymentSn: _ours, ...signed } = phone[who]
      app.sandbox.pay(signed as Parameters<typeof app.sandbox.pay>[0])
    },
  ],
  [
    /cancels$/,
    async ({ app, people }, { told }, { who, orderSn: sn }) => {
      told[who].add('giving up')
      await cancelHomestayOrder(app.deps, { userId: people[who].id, sn })
      told[who].add('cancelled')
    },
  ],
  [
    /asks for a refund$/,
    async ({ app, people }, { told }, { who, orderSn: sn }) => {
      await refundHomestayOrder(app.deps, { userId: people[who].id, sn, reason: GUEST_REASON })
      told[who].add('refunding')
    },
  ],
  [
    /reads$/,
    async (lane, life, { who }) => {
      for (const sn of await attemptsOf(lane, life, who)) await refreshPayment(lane.app.deps, { sn })
    },
  ],
  [
    /shows the code$/,
    async ({ app, hostUserId }, { told }, { who, orderSn: sn }) => {
      const order = await app.deps.db.homestayOrder.findUnique({ where: { sn } })
      await redeemTradeCode(app.deps, { hostUserId, tradeCode: order?.tradeCode ?? '' })
      told[who].add('redeemed')
    },
  ],
  [
    /^the rival books$/,
    async (lane, life) => {
      if (!life.orders.rival) await lane.book(life, 'rival')
    },
  ],
  [
    /gets another attempt$/,
    async ({ app }, { told }, { who, orderSn }) => {
      told[who].add('giving up')
      const payment = await app.deps.db.payment.findFirst({ where: { orderSn, closedAt: null } })
      if (payment) await closeOrphaned(app.deps, payment)
    },
  ],
]

const wechatSteps: [RegExp, Act][] = [
  [
    /money comes late/,
    async (lane, life, { who }) => {
      const { sandbox } = lane.app
      const attempts = await attemptsOf(lane, life, who)
      const payable = attempts.find((sn) => sandbox.ledger.orders.get(sn)?.payment === undefined)
      // Only a phone that was given parameters can have begun to pay.
      if (payable && (await isOnAPhone(lane, payable))) sandbox.payLate(payable)
    },
  ],
  [
    /notices of/,
    async (lane, life, { step }) => {
      const { sandbox } = lane.app
      const attempts = await attemptsOf(lane, life)
      const numbers = step.includes('payments')
        ? attempts.filter((sn) => sandbox.ledger.orders.get(sn)?.payment)
        : endedRefunds(lane, attempts)
      await Promise.all(numbers.map((number) => sandbox.sendNotice(number, { copies: Number(step[0]) })))
    },
  ],
  [
    /^WeChat ends refunds/,
    async (lane, life, { step }) => {
      endRefunds(lane, await attemptsOf(lane, life), step.split(' ').at(-1) as RefundEnd)
    },
  ],
  [
    /^WeChat collects/,
    async (lane, life, { who }) => {
      const { ledger } = lane.app.sandbox
      for (const sn of await attemptsOf(lane, life, who)) {
        const order = ledger.orders.get(sn)
        if (order && !order.payment) ledger.commit(['orders', { ...order, totalFen: PRICE_FEN - 800 }])
      }
    },
  ],
  [
    /^WeChat tells/,
    async (lane, life, { who }) => {
      const { deps } = lane.app
      // Of one that isn't paid it would be the money that pays it.
      const where = { sn: { in: await attemptsOf(lane, life, who) }, transactionId: { not: null } }
      for (const payment of await deps.db.payment.findMany({ where }))
        await settle(deps, { transaction: paidReport(payment), source: 'NOTICE' })
    },
  ],
  [
    /^a payment wins/,
    async ({ app }) => app.sandbox.faults.add({ endpoint: 'close', kind: 'paid-meanwhile', times: 1 }),
  ],
  [
    /^WeChat .* the next/,
    async ({ app }, _life, { step }) => {
      const endpoint = step.split(' ').at(-1) as 'prepay' | 'query' | 'close' | 'refund'
      const kind: FaultKind = step.includes('forgets')
        ? 'reset-after'
        : step.includes('down')
          ? 'system-error'
          : step.includes('signs')
            ? 'wrong-signature'
            : 'error'
      // The transport repeats by itself; what it can't mend comes through.
      const times = kind === 'error' ? 1 : 3
      const code = endpoint === 'refund' ? 'NOT_ENOUGH' : endpoint === 'close' ? 'ORDERPAID' : 'RULE_LIMIT'
      app.sandbox.faults.add({ endpoint, kind, times, ...(kind === 'error' ? { code } : {}) })
    },
  ],
]

const workerSteps: [RegExp, Act][] = [
  [
    /^the time to pay is over/,
    async ({ sql }, { told }, { who, orderSn }) => {
      told[who].add('giving up')
      await sql.query(`UPDATE homestay_order SET "payBefore" = now() - interval '1 hour' WHERE sn = $1`, [orderSn])
    },
  ],
  [
    /^the stay is over$/,
    async (lane, life) => {
      for (const who of ['guest', 'rival'] as const) life.told[who].add('over')
      await lane.endStay(life)
    },
  ],
  [/^a minute passes$/, ({ sql }) => sql.query(passTime('61 s'))],
  [/^the asking loop/, ({ app }) => createRecheckLoop(app.deps)()],
  [/^the closing loop/, ({ app }) => createCloseLoop(app.deps)()],
  [/^the refunding loop/, ({ app }) => createRefundLoop(app.deps)()],
  [/^the decision loop/, ({ app }) => finishDecisions(app.deps)],
  [/^the expiry loop/, ({ app }) => expireOrders(app.deps)],
  [/^the relay loop/, ({ app }) => relayPayments(app.deps)],
  [/^jobs run$/, runJobs],
  [
    /^orders follow$/,
    async (lane) => {
      await relayPayments(lane.app.deps)
      await runJobs(lane)
    },
  ],
  [/^all jobs are lost$/, ({ app }) => loseJobs(app.deps)],
]

const steps = [...personSteps, ...wechatSteps, ...operatorSteps, ...workerSteps]

async function runJobs({ app: { deps } }: Lane): Promise<void> {
  const jobs = await deps.queue.fetch<{ paymentSn: string }>(paymentChanged.name, { batchSize: 10 })
  await Promise.all(jobs.map(({ data }) => applyToOrder(deps, { paymentSn: data.paymentSn })))
  if (jobs.length > 0)
    await deps.queue.complete(
      paymentChanged.name,
      jobs.map(({ id }) => id),
    )
}

/** SQL: everything that waits for a time has waited so much longer; facts that never change are moved all the same. */
export function passTime(interval: string): string {
  return `
    BEGIN;
    SET LOCAL session_replication_role = replica;
    UPDATE payment SET "createdAt" = "createdAt" - interval '${interval}', "closedAt" = "closedAt" - interval '${interval}',
      "nextRecheckAt" = "nextRecheckAt" - interval '${interval}', "lastQueriedAt" = "lastQueriedAt" - interval '${interval}'
      WHERE "nextRecheckAt" IS NOT NULL;
    UPDATE payment SET "queuedAt" = "queuedAt" - interval '${interval}' WHERE version > "appliedVersion";
    UPDATE refund SET "nextAdvanceAt" = "nextAdvanceAt" - interval '${interval}' WHERE "nextAdvanceAt" IS NOT NULL;
    UPDATE homestay_order SET "payBefore" = "payBefore" - interval '${interval}',
      "nextCloseAt" = "nextCloseAt" - interval '${interval}' WHERE "tradeState" = 'WAIT_PAY';
    COMMIT`
}
