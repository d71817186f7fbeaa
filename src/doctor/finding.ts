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

/**
 * Makes a check. `run` answers what is right.
 *
 * @param otherwise where to look when it fails in a way of its own.
 */
export async function runCheck(check: string, otherwise: string, run: () => Promise<string>): Promise<Finding> {
  try {
    return { check, result: 'ok', detail: await run() }
  } catch (error) {
    if (error instanceof SkippedError) return { check, result: 'skipped', detail: error.message }
    if (error instanceof WrongError) return { check, result: 'wrong', detail: error.message, remedy: error.remedy }
    return { check, result: 'wrong', detail: describeFailure(error), remedy: otherwise }
  }
}

/** The same check, made only once `before` is right. */
export function after(before: Finding, run: () => Promise<string>): () => Promise<string> {
  return async () => {
    if (before.result === 'ok') return run()
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
