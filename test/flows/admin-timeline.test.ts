import { describe, expect, inject, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { confirm, deploy, purchase, stateOf } from '../harness/deployment.ts'
import { run, sendOperation } from '../harness/processes.ts'
import { amountOf, newTransactionId } from '../harness/reports.ts'

const HOMESTAY = 'demo-homestay-01'

/** A deployment that queries WeChat only when somebody reads, with the operator's command beside it. */
async function deployWithOperator() {
  const deployment = await deploy({ PAYMENT_RECHECK_SECONDS: '3600' })
  const db = openDatabase(deployment.databaseUrl, { poolSize: 1 })
  await seed(db)
  await db.$disconnect()
  const admin = async (...args: string[]) => {
    const started = run(['node', 'src/admin.ts', ...args], { env: { ...deployment.settings, LOG_LEVEL: 'silent' } })
    const { code } = await started.ended
    if (code !== 0) throw new Error(`admin ${args.join(' ')} ended with ${code}: ${started.output()}`)
    return started.output()
  }
  return { ...deployment, admin }
}

/** Those of the patterns that no line matches after the line of the one before. */
function missingInOrder(lines: string[], patterns: RegExp[]): RegExp[] {
  let next = 0
  return patterns.filter((pattern) => {
    const index = lines.findIndex((line, at) => at >= next && pattern.test(line))
    if (index >= 0) next = index + 1
    return index < 0
  })
}

/** Reads the payment as its guest does, which queries WeChat about a pending one. */
async function readPayment(url: string, sn: string, accessToken: string): Promise<string> {
  const query = 'query ($sn: ID!) { paymentStatus(sn: $sn) { status } }'
  const answer = await sendOperation<{ paymentStatus: { status: string } }>(url, query, { sn }, accessToken)
  return answer.paymentStatus.status
}

describe('the timeline of a payment to which everything happened', { skip: inject('redisUrl') === null }, () => {
  test('shows a retried prepay, a mismatch, a lost notice, a manual refund and two acts in order', async () => {
    const { sandbox, startApi, startWorker, admin } = await deployWithOperator()
    const { url } = await startApi()
    await startWorker()
    sandbox.faults.add({ endpoint: 'prepay', kind: 'system-error', times: 1 })
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' }, { endpoint: 'refund-notice', kind: 'lost' })

    const guest = await purchase(url, 'o_timeline_guest', HOMESTAY, 20)
    const sn = guest.params.paymentSn
    await confirm(sandbox, guest)
    const wrong = { transaction_id: newTransactionId(), amount: amountOf(10_000) }
    const sendWrong = () => sandbox.sendNotice(sn, { content: wrong, newId: true }).catch(() => [])
    await expect.poll(sendWrong).toEqual([204])
    await expect.poll(sendWrong).toEqual([204])
    await expect.poll(() => readPayment(url, sn, guest.accessToken)).toBe('SUCCESS')
    await expect.poll(() => stateOf(url, guest)).toMatchObject({ tradeState: 'WAIT_USE' })

    const { mismatches } = JSON.parse(await admin('review', 'list', '--json')) as { mismatches: { id: string }[] }
    expect(mismatches).toHaveLength(1)
    await admin('review', 'dismiss', mismatches[0]?.id ?? '', '--as', 'Li Lei', '--reason', 'paid back on the platform')
    const { outRefundNo } = sandbox.refundManually({ outTradeNo: sn })
    await expect.poll(() => sandbox.ledger.refunds.get(outRefundNo)?.status).toBe('SUCCESS')
    await admin('refunds', 'adopt', outRefundNo, '--as', 'Han Meimei')
    await expect.poll(() => stateOf(url, guest)).toMatchObject({ tradeState: 'REFUNDED' })

    const patterns = [
      / order +HO\S+ +booked for /,
      / attempt +\S+ +attempt made/,
      / call .* POST \/v3\/pay\/transactions\/jsapi: 500 SYSTEM_ERROR in \d+ ms, Request-ID 08/,
      / call .* POST \/v3\/pay\/transactions\/jsapi: 200 in \d+ ms, Request-ID 08/,
      / event .* PENDING by NOTICE, under review: AMOUNT, transaction \d+, 100\.00 yuan/,
      / notice .* TRANSACTION\.SUCCESS came, answered 204 in \d+ ms/,
      / call .* GET \/v3\/pay\/transactions\/out-trade-no\/\*: 200 SUCCESS in \d+ ms/,
      / event .* PENDING -> SUCCESS by QUERY, transaction \d+/,
      / message .* message ORDER_PAID enqueued/,
      / act .* Li Lei: review dismiss, because paid back on the platform/,
      / event .* SUCCESS by Li Lei/,
      / call .* GET \/v3\/refund\/domestic\/refunds\/\*: 200/,
      / act .* Han Meimei: refunds adopt/,
      / event .* SUCCESS -> REFUNDED by Han Meimei, refund \S+ SUCCESS/,
    ]
    const lines = async () => (await admin('timeline', guest.orderSn)).split('\n')
    await expect.poll(async () => missingInOrder(await lines(), patterns), { interval: 1_000 }).toEqual([])
    const shown = await lines()
    // The first one with the wrong amount is the event; its repeat changed nothing. The lost one never came.
    expect(shown.filter((line) => / notice /.test(line))).toHaveLength(1)
    for (const number of [sn, outRefundNo]) expect((await admin('timeline', number)).split('\n')).toEqual(shown)
    expect(shown.join('\n')).not.toContain(guest.openid)
  })
})
