import type { Fault } from '../control/fault.ts'
import type { FaultKind } from '../control/fault-kinds.ts'
import type { SignatureKind } from '../keys/signature-headers.ts'
import { randomAlphanumeric } from '../numbers.ts'
import { withAmountOf } from '../pay/wrong-amount.ts'
import type { Notice } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { post } from './post.ts'
import { signNotice } from './sign.ts'

/** Seconds between deliveries until one is taken: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_2_5.shtml. */
export const noticeScheduleSeconds = [
  15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600,
] as const

const noticeEndpoints = {
  transaction: 'payment-notice',
  refund: 'refund-notice',
  security: 'echo-notice',
  complaint: 'complaint-notice',
} as const

/** Delivers a notice when it is due, and again on WeChat Pay's schedule until 200 or 204 is answered. */
export function scheduleNotice(world: World, notice: Notice): void {
  world.timers.after(Math.max(0, notice.nextAttemptAt - world.now()), () => {
    attempt(world, notice).catch((error: unknown) => {
      if (!world.closing.aborted) world.log.error({ error, noticeId: notice.noticeId }, 'notice delivery failed')
    })
  })
}

async function attempt(world: World, notice: Notice): Promise<void> {
  const at = world.now()
  const { status, fault } = await deliver(world, notice)
  if (world.closing.aborted) return
  const attempts = notice.attempts + 1
  const pause = noticeScheduleSeconds[attempts - 1]
  const next: Notice = {
    ...notice,
    attempts,
    ...(isTaken(status) ? { takenAt: world.now() } : {}),
    state: isTaken(status) ? 'TAKEN' : pause === undefined ? 'GIVEN_UP' : 'WAITING',
    nextAttemptAt: world.now() + (pause ?? 0) * 1000 * world.settings.noticeScheduleFactor,
    deliveries: [...(notice.deliveries ?? []), { at, ...(status ? { status } : {}), ...(fault ? { fault } : {}) }],
  }
  world.ledger.commit(['notices', next])
  const { noticeId, subject, state } = next
  world.log.debug({ noticeId, subject, status, attempts, state }, 'notice attempted')
  if (state === 'WAITING') scheduleNotice(world, next)
}

/** The status that was answered, undefined when no answer came; and the kind of fault that was met. */
async function deliver(world: World, notice: Notice): Promise<{ status?: number; fault?: FaultKind }> {
  const endpoint = noticeEndpoints[notice.originalType]
  const fault = world.faults.take(endpoint, `${notice.subject} ${JSON.stringify(notice.content)}`)
  return { status: await deliverUnder(world, notice, fault), fault: fault?.kind }
}

async function deliverUnder(world: World, notice: Notice, fault: Fault | undefined): Promise<number | undefined> {
  if (fault?.kind === 'lost' || notice.url === '') return undefined
  if (fault?.kind === 'late') await world.timers.wait(fault.delayMs ?? 0)
  if (fault?.kind === 'wrong-content') return send(withAnotherKey(world), notice)
  const copies = Array.from({ length: copiesUnder(fault) }, () =>
    send(world, { ...notice, content: withAmountOf(fault, notice.content) }, signatureUnder(world, fault?.kind)),
  )
  const statuses = await Promise.all(copies)
  return statuses.find(isTaken) ?? statuses[0]
}

function copiesUnder(fault: Fault | undefined): number {
  if (fault?.kind === 'twice') return 2
  return fault?.kind === 'storm' ? (fault.copies ?? 1) : 1
}

/** Encrypts what the merchant can't open. */
function withAnotherKey(world: World): World {
  return { ...world, credentials: { ...world.credentials, apiV3Key: randomAlphanumeric(32) } }
}

function isTaken(status: number | undefined): boolean {
  return status === 200 || status === 204
}

function signatureUnder({ settings, signing }: World, kind: FaultKind | undefined): SignatureKind {
  if (kind === 'wrong-signature') return 'wrong'
  return kind === 'signtest-signature' || signing.noticeProbes(settings.noticeProbePercent) ? 'signtest' : 'right'
}

/** One delivery. Resolves with the status that was answered, or undefined when no answer came. */
export async function send(
  world: World,
  notice: Notice,
  signature: SignatureKind = 'right',
): Promise<number | undefined> {
  const { url, headers, body } = await signNotice(world, notice, signature)
  return post(url, { headers, body, signal: world.closing })
}
