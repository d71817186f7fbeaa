import { type FaultKind, PayError, type RefundEnd } from '@looklook-pay/sandbox'
import { DomainError } from '../../src/errors.ts'
import { paymentChanged } from '../../src/jobs.ts'
import { cancelHomestayOrder, createCloseLoop } from '../../src/order/cancel.ts'
import { expireOrders } from '../../src/order/expire.ts'
import { refundHomestayOrder } from '../../src/order/refund.ts'
import { redeemTradeCode } from '../../src/order/trade-code.ts'
import { closeAttempt } from '../../src/payment/attempt/close.ts'
import { wxPay } from '../../src/payment/attempt/open.ts'
import { createRecheckLoop, refreshPayment } from '../../src/payment/attempt/recheck.ts'
import { applyNew } from '../../src/payment/outbox/apply-new.ts'
import { applyPayments } from '../../src/payment/outbox/apply-payments.ts'
import { createRefundLoop } from '../../src/payment/refund/advance.ts'
import { finishDecisions } from '../../src/payment/review/decide.ts'
import { settle } from '../../src/payment/settlement/settle.ts'
import { WechatPayError } from '../../src/wechat/errors.ts'
import { LONG_MS } from '../harness/patience.ts'
import { paidReport } from '../harness/reports.ts'
import { enqueueNew, loseJobs } from '../harness/snapshot.ts'
import { attemptsOf, endedRefunds, endRefunds, hasPrepayId } from './ledger.ts'
import { operatorSteps } from './operator.ts'
import type { Step, Who } from './steps.ts'
import { GUEST_REASON, type Life, PRICE_FEN, type StepAction, type System } from './system.ts'

/** Performs a step. A refusal that we or WeChat may give is a valid outcome; any other error is a failure. */
export async function perform(system: System, life: Life, step: Step): Promise<void> {
  if (typeof step !== 'string') {
    await Promise.all(step.atOnce.map((each) => perform(system, life, each)))
    return
  }
  try {
    await performStep(system, life, step)
  } catch (error) {
    if (!(error instanceof DomainError || error instanceof WechatPayError || error instanceof PayError)) throw error
  }
}

async function performStep(system: System, life: Life, step: string): Promise<void> {
  const who: Who = step.includes('rival') ? 'rival' : 'guest'
  const match = steps.find(([pattern]) => pattern.test(step))
  if (!match) throw new Error(`no action performs the step: ${step}`)
  await match[1](system, life, { step, who, orderSn: life.orders[who] ?? 'HO00000000NONE' })
}

const personSteps: [RegExp, StepAction][] = [
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
    async ({ app, people }, { facts }, { who, orderSn: sn }) => {
      facts[who].add('abandoned')
      await cancelHomestayOrder(app.deps, { userId: people[who].id, sn })
      facts[who].add('cancelled')
    },
  ],
  [
    /requests a refund$/,
    async ({ app, people }, { facts }, { who, orderSn: sn }) => {
      await refundHomestayOrder(app.deps, { userId: people[who].id, sn, reason: GUEST_REASON })
      facts[who].add('refund requested')
    },
  ],
  [
    /reads$/,
    async (system, life, { who }) => {
      const { deps } = system.app
      for (const sn of await attemptsOf(system, life, who)) await refreshPayment(deps, { sn, waitMs: LONG_MS })
    },
  ],
  [
    /shows the code$/,
    async ({ app, hostUserId }, { facts }, { who, orderSn: sn }) => {
      const order = await app.deps.db.homestayOrder.findUnique({ where: { sn } })
      // Wrong codes would lock the redemption of the one host here.
      if (!order?.tradeCode) return
      await redeemTradeCode(app.deps, { hostUserId, tradeCode: order.tradeCode })
      facts[who].add('redeemed')
    },
  ],
  [
    /^the rival books$/,
    async (system, life) => {
      if (!life.orders.rival) await system.book(life, 'rival')
    },
  ],
  [
    /attempt is closed$/,
    async ({ app }, { facts }, { who, orderSn }) => {
      facts[who].add('abandoned')
      const payment = await app.deps.db.payment.findFirst({ where: { orderSn, closedAt: null } })
      if (payment) await closeAttempt(app.deps, payment)
    },
  ],
]

const wechatSteps: [RegExp, StepAction][] = [
  [
    /^late money comes/,
    async (system, life, { who }) => {
      const { sandbox } = system.app
      const attempts = await attemptsOf(system, life, who)
      const payable = attempts.find((sn) => sandbox.ledger.orders.get(sn)?.payment === undefined)
      // Only a guest whose phone got parameters can have begun to pay.
      if (payable && (await hasPrepayId(system, payable))) sandbox.payLate(payable)
    },
  ],
  [
    /notices of/,
    async (system, life, { step }) => {
      const { sandbox } = system.app
      const attempts = await attemptsOf(system, life)
      const numbers = step.includes('payments')
        ? attempts.filter((sn) => sandbox.ledger.orders.get(sn)?.payment)
        : endedRefunds(system, attempts)
      await Promise.all(numbers.map((number) => sandbox.sendNotice(number, { copies: Number(step[0]) })))
    },
  ],
  [
    /^WeChat ends refunds/,
    async (system, life, { step }) => {
      endRefunds(system, await attemptsOf(system, life), step.split(' ').at(-1) as RefundEnd)
    },
  ],
  [
    /^WeChat collects/,
    async (system, life, { who }) => {
      const { ledger } = system.app.sandbox
      for (const sn of await attemptsOf(system, life, who)) {
        const order = ledger.orders.get(sn)
        if (order && !order.payment) ledger.commit(['orders', { ...order, totalFen: PRICE_FEN - 800 }])
      }
    },
  ],
  [
    /^WeChat reports/,
    async (system, life, { who }) => {
      const { deps } = system.app
      // Only for paid payments: a pending one would be settled by the report.
      const where = { sn: { in: await attemptsOf(system, life, who) }, transactionId: { not: null } }
      for (const payment of await deps.db.payment.findMany({ where }))
        await settle(deps, { transaction: paidReport(payment), source: 'NOTICE' })
    },
  ],
  [
    /^a payment succeeds before/,
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
      // The transport repeats a call twice by itself: three faults in a row reach the caller.
      const times = kind === 'error' ? 1 : 3
      const code = endpoint === 'refund' ? 'NOT_ENOUGH' : endpoint === 'close' ? 'ORDERPAID' : 'RULE_LIMIT'
      app.sandbox.faults.add({ endpoint, kind, times, ...(kind === 'error' ? { code } : {}) })
    },
  ],
]

const workerSteps: [RegExp, StepAction][] = [
  [
    /^the time to pay is over/,
    async ({ sql }, { facts }, { who, orderSn }) => {
      facts[who].add('abandoned')
      await sql.query(`UPDATE homestay_order SET "payBefore" = now() - interval '1 hour' WHERE sn = $1`, [orderSn])
    },
  ],
  [
    /^the stay is over$/,
    async (system, life) => {
      for (const who of ['guest', 'rival'] as const) life.facts[who].add('stay over')
      await system.endStay(life)
    },
  ],
  [/^a minute passes$/, ({ sql }) => sql.query(passTime('61 s'))],
  [/^the recheck loop/, ({ app }) => createRecheckLoop(app.deps)()],
  [/^the close loop/, ({ app }) => createCloseLoop(app.deps)()],
  [/^the refund loop/, ({ app }) => createRefundLoop(app.deps)()],
  [/^the decision loop/, ({ app }) => finishDecisions(app.deps)],
  [/^the expiry loop/, ({ app }) => expireOrders(app.deps)],
  [/^the relay loop/, ({ app }) => applyNew(app.deps)],
  [/^jobs are enqueued$/, ({ app }) => enqueueNew(app.deps)],
  [/^jobs run$/, runJobs],
  [
    /^payments are applied$/,
    async (system) => {
      await applyNew(system.app.deps)
      await runJobs(system)
    },
  ],
  [/^all jobs are lost$/, ({ app }) => loseJobs(app.deps)],
]

const steps = [...personSteps, ...wechatSteps, ...operatorSteps, ...workerSteps]

async function runJobs({ app: { deps } }: System): Promise<void> {
  const jobs = await deps.queue.fetch<{ paymentSn: string }>(paymentChanged.name, { batchSize: 10 })
  const ends = await applyPayments(
    deps,
    jobs.map(({ data }) => data),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  if (jobs.length > 0)
    await deps.queue.complete(
      paymentChanged.name,
      jobs.map(({ id }) => id),
    )
}

/** SQL that moves back every instant that something waits for, with the triggers off that keep facts unchanged. */
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
