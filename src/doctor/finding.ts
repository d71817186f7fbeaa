import { describeReason } from '../infra/wait.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { NoAnswerError } from '../wechat/http.ts'

/** What one check found. */
export interface Finding {
  check: string
  result: 'ok' | 'wrong' | 'skipped'
  /** What is right, or what is wrong. */
  detail: string
  /** Where to mend it. */
  remedy?: string
}

/** Something a check found wrong, with where to mend it. */
export class WrongError extends Error {
  readonly remedy: string

  constructor(detail: string, remedy: string) {
    super(detail)
    this.remedy = remedy
  }
}

/** A check that could not be made, because something before it is wrong. */
export class SkippedError extends Error {}

/** The longest a check may take; WeChat Pay has 10 s for a call, and some make two. */
const CHECK_WITHIN_MS = 30_000

/** What a check does. Once `late` is aborted, nobody waits for it any more. */
type Run = (late: AbortSignal) => Promise<string>

/**
 * Makes a check. `run` answers what is right.
 *
 * @param otherwise where to look when it fails in a way of its own, or is not done `withinMs`.
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

/**
 * What `run` gives, if it is done `withinMs`.
 *
 * @throws {Error} when it is not; what `run` began then goes on, and nobody waits for it.
 */
export async function inTime<Result>(run: (late: AbortSignal) => Promise<Result>, withinMs: number): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const giveUp = new AbortController()
  const timer = setTimeout(() => {
    reject(new Error(`no answer within ${withinMs / 1000} s`))
    giveUp.abort()
  }, withinMs)
  try {
    return await Promise.race([run(giveUp.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The same check, made only once `before` is right. */
export function after(before: Finding, run: Run): Run {
  return async (late) => {
    if (before.result === 'ok') return run(late)
    throw new SkippedError(`“${before.check}” has to be right first`)
  }
}

/** A failure tells nothing new while `before` is wrong too: it is reported as skipped. */
export function unlessAlso(before: Finding, finding: Finding): Finding {
  if (before.result !== 'wrong' || finding.result !== 'wrong') return finding
  return { check: finding.check, result: 'skipped', detail: `“${before.check}” has to be right first` }
}

/** What WeChat answers, in its own words, without the advice that only calls about money need. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof WechatPayError)) return describeReason(error)
  if (error.cause instanceof NoAnswerError) return `WeChat does not answer (${error.cause.code})`
  if (!error.wechatCode) return error.message
  // Behind the sentence WeChat repeats our request.
  const words = error.hint?.split(' {')[0]
  return `WeChat answers ${error.httpStatus} ${error.wechatCode}${words ? `, “${words}”` : ''}`
}
