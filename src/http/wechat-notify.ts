import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deps } from '../deps.ts'
import { BusyError } from '../infra/pool.ts'
import { createTimeLimit } from '../infra/time-limit.ts'
import type { Step } from '../infra/tracing/spans.ts'
import { tracing } from '../infra/tracing.ts'
import { recordRefund } from '../payment/refund/record.ts'
import { storeUnhandledNotice } from '../payment/review/unhandled-notice.ts'
import { isPaid } from '../payment/settlement/rows.ts'
import { settle } from '../payment/settlement/settle.ts'
import { InvalidNoticeError, MalformedNoticeError, UndecipherableNoticeError } from '../wechat/errors.ts'
import { type Notice, readNotice } from '../wechat/notice.ts'
import { readRequestId } from '../wechat/signed-message.ts'
import { BodyTooLargeError, readBody } from './body.ts'
import { sendJson } from './json.ts'
import { createRefusedNotices, type RefusedNotice } from './refused-notices.ts'

/** A notice is about 1 KiB. */
const MAX_BODY_BYTES = 64 * 1024

/** A notice may take several statements, each with a limit of its own, and WeChat counts it as lost after 5 s. */
const ANSWER_WITHIN_MS = 4_500

/** With more notices at once, the last would wait longer than WeChat's 5 s: it is refused, and WeChat repeats it. */
const MAX_WAITING = 1000

/**
 * `POST /wechat/pay/notify`: every WeChat Pay notice. WeChat repeats a notice until it is answered with 200 or 204, so
 * one that isn't committed is answered with 4xx or 5xx, and a repeat of a committed one with 204 again.
 *
 * Source: WeChat Pay documentation, "payment notice": 5 s to answer, 15 repeats over 24 h.
 *
 * @param options.maxWaiting how many notices are processed at once; more are answered with 503, unread.
 */
export function createNoticeRoute(deps: Deps, { maxWaiting = MAX_WAITING } = {}) {
  const logRefused = createRefusedNotices(deps)
  const inTime = createTimeLimit(ANSWER_WITHIN_MS)
  let waiting = 0
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let received: Received | undefined
    try {
      if (waiting >= maxWaiting) throw new TooManyNoticesError()
      const rawBody = await readBody(request, MAX_BODY_BYTES)
      // Counted from here on: a client that sends its body slowly, or not at all, must not keep notices out.
      if (waiting >= maxWaiting) throw new TooManyNoticesError()
      const notice = readNotice(deps.wechat, request.headers, rawBody)
      received = { notice, startedMs: performance.now() }
      waiting += 1
      // What takes longer is of unknown outcome, and counts until it ends; WeChat's repeat finds it.
      const processing = tracing
        ? tracing.receive(NOTICE, () => processNotice(deps, notice), ACKNOWLEDGED)
        : processNotice(deps, notice)
      const isInTrail = await inTime(processing.finally(() => (waiting -= 1)))
      deps.metrics.notices.inc({ status: 204 })
      response.writeHead(204).end()
      if (!isInTrail) keepNotice(deps, received, { request, response })
    } catch (error) {
      answerFailure(deps, { request, response, logRefused }, error)
      if (received) keepNotice(deps, received, { request, response })
    }
  }
}

class TooManyNoticesError extends Error {}

interface Received {
  notice: Notice
  /** By `performance.now()`. */
  startedMs: number
}

/** Keeps an answered notice for timelines. Not one that is in the trail: an ordinary payment's notice costs no row more. */
function keepNotice(
  { wechat }: Deps,
  { notice, startedMs }: Received,
  { request, response }: Pick<Exchange, 'request' | 'response'>,
): void {
  wechat.watch.noticed({
    number: numberOf(notice),
    endpoint: `notice ${notice.eventType}`,
    requestId: readRequestId(request.headers, 'request-id'),
    // Nobody waited for an answer that never began.
    status: response.headersSent ? response.statusCode : undefined,
    startedMs,
    endedMs: performance.now(),
  })
}

function numberOf(notice: Notice): string {
  if (notice.kind === 'refund') return notice.refund.outRefundNo
  return notice.kind === 'transaction' ? notice.transaction.outTradeNo : notice.noticeId
}

/** Its trace is that of the attempt which it is about: what is inside finds that. */
const NOTICE: Step = {
  name: 'POST /wechat/pay/notify',
  kind: 'SERVER',
  attributes: { 'http.request.method': 'POST', 'http.route': '/wechat/pay/notify' },
}
const ACKNOWLEDGED = { 'http.response.status_code': 204 }

/** @returns whether the notice is in the trail: in an event, or in a mismatch's first report. */
async function processNotice(deps: Deps, notice: Notice): Promise<boolean> {
  const { kind } = notice
  const { noticeVerdicts } = deps.metrics
  if (kind === 'refund') {
    const verdict = await recordRefund(deps, { report: notice.refund, source: 'NOTICE', db: deps.settleDb })
    noticeVerdicts.inc({ kind, verdict })
    return verdict === 'MOVED'
  }
  if (kind === 'transaction' && isPaid(notice.transaction)) {
    const { outcome, isFirstReport } = await settle(deps, { transaction: notice.transaction, source: 'NOTICE' })
    noticeVerdicts.inc({ kind, verdict: outcome })
    return outcome === 'MOVED' || isFirstReport
  }
  await storeUnhandledNotice(deps, notice)
  noticeVerdicts.inc({ kind, verdict: 'UNHANDLED' })
  return false
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  logRefused: (notice: RefusedNotice) => void
}

/** The one place that decides how a failed notice is answered, and logs it once. */
function answerFailure(deps: Deps, { request, response, logRefused }: Exchange, error: unknown): void {
  const { log } = deps
  // WeChat's support asks for it.
  const wechatRequestId = readRequestId(request.headers, 'request-id')
  if (error instanceof BodyTooLargeError) return refuse(deps, response, 413, 'The body is over 64 KiB')
  if (error instanceof TooManyNoticesError || error instanceof BusyError) {
    return refuse(deps, response, 503, 'Too many notices at once, send it again later')
  }
  if (!request.complete) return log.debug({ err: error, wechatRequestId }, 'notice aborted by the client')
  if (error instanceof InvalidNoticeError) {
    // It may be signed by a new platform certificate: once that is downloaded, WeChat's repeat succeeds. Nothing waits
    // for the download, which runs once a minute at most, however many serials somebody invents.
    if (error.reason === 'unknown-serial') void deps.wechat.refreshCertificates()
    logRefused({ reason: error.reason, wechatRequestId })
    return refuse(deps, response, 401, 'The signature does not hold')
  }
  if (error instanceof MalformedNoticeError) {
    log.error({ err: error, wechatRequestId }, 'notice malformed, although it is signed by WeChat Pay')
    return refuse(deps, response, 400, 'This is no notice')
  }
  if (error instanceof UndecipherableNoticeError) {
    const remedy = 'correct WECHAT_PAY_API_V3_KEY and start again, until npm run doctor finds that it fits'
    const fields = { err: error, alarm: 'notice-key', wechatRequestId, remedy }
    log.error(fields, 'notice cannot be decrypted by WECHAT_PAY_API_V3_KEY')
    return refuse(deps, response, 500, 'The content can not be opened')
  }
  log.error({ err: error, wechatRequestId }, 'notice not committed')
  refuse(deps, response, 500, 'Not committed, send it again')
}

function refuse(deps: Deps, response: ServerResponse, status: number, message: string): void {
  deps.metrics.notices.inc({ status })
  if (response.headersSent || response.destroyed) return
  sendJson(response, status, { code: 'FAIL', message })
}
