import { describeReason, inTime } from '../infra/wait.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { NoAnswerError } from '../wechat/http.ts'

/** The result of one check. */
export interface Finding {
  check: string
  result: 'ok' | 'wrong' | 'skipped'
  /** What is right, or what is wrong. */
  detail: string
  /** How to correct it. */
  remedy?: string
}

/** Thrown by a check that found something wrong, with its remedy. */
export class WrongError extends Error {
  readonly remedy: string

  constructor(detail: string, remedy: string) {
    super(detail)
    this.remedy = remedy
  }
}

/** Thrown by a check that can't be made, because something before it is wrong. */
export class SkippedError extends Error {}

/** How long a check may take: a call to WeChat Pay takes up to 10 s, and some checks make two. */
const CHECK_WITHIN_MS = 30_000

/** The work of a check: resolves to what is right. Once `late` is aborted, nobody waits for it any more. */
type Run = (late: AbortSignal) => Promise<string>

/**
 * Runs a check and makes its finding. Never throws.
 *
 * @param otherwise the remedy when `run` throws anything but a {@link WrongError}, or takes longer than `withinMs`.
 */
export async function runCheck(
  check: string,
  otherwise: string,
  run: Run,
  withinMs: number = CHECK_WITHIN_MS,
): Promise<Finding> {
  try {
    return { check, result: 'ok', detail: await inTime(run, withinMs) }
  } catch (error) {
    if (error instanceof SkippedError) return { check, result: 'skipped', detail: error.message }
    if (error instanceof WrongError) return { check, result: 'wrong', detail: error.message, remedy: error.remedy }
    return { check, result: 'wrong', detail: describeFailure(error), remedy: otherwise }
  }
}

/** The same check, skipped unless `before` is right. */
export function after(before: Finding, run: Run): Run {
  return async (late) => {
    if (before.result === 'ok') return run(late)
    throw new SkippedError(`“${before.check}” has to be right first`)
  }
}

/** The finding, or a skipped one when `before` is wrong as well: then it is only a consequence. */
export function unlessAlso(before: Finding, finding: Finding): Finding {
  if (before.result !== 'wrong' || finding.result !== 'wrong') return finding
  return { check: finding.check, result: 'skipped', detail: `“${before.check}” has to be right first` }
}

/** WeChat's own answer, without the advice of our error message, which is meant for calls about money. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof WechatPayError)) return describeReason(error)
  if (error.cause instanceof NoAnswerError) return `WeChat does not answer (${error.cause.code})`
  if (!error.wechatCode) return error.message
  // After its sentence WeChat quotes our request, as JSON.
  const sentence = error.hint?.split(' {')[0]
  return `WeChat answers ${error.httpStatus} ${error.wechatCode}${sentence ? `, “${sentence}”` : ''}`
}
