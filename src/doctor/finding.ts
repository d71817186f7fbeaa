import { SpokenError } from '../errors.ts'
import { describeReason, describeRefusal, inTime } from '../infra/wait.ts'
import type { Language, Text } from '../texts.ts'
import { WechatPayError } from '../wechat/errors.ts'
import { NoAnswerError } from '../wechat/http.ts'
import { skippedTexts, wrongTexts } from './texts.ts'

/** The result of one check: in every language, or said in one. */
export interface Finding<Said = Text> {
  check: Said
  result: 'ok' | 'wrong' | 'skipped'
  /** What is right, or what is wrong. */
  detail: Said
  /** How to correct it. */
  remedy?: Said
}

/** The finding in one language. */
export function inLanguage({ check, result, detail, remedy }: Finding, language: Language): Finding<string> {
  const said = { check: check[language], result, detail: detail[language] }
  return remedy ? { ...said, remedy: remedy[language] } : said
}

/** A check of this variable, which is called the same in every language. */
export function named(variable: string): Text {
  return { en: variable, zh: variable }
}

/** Thrown by a check that found something wrong, with its remedy. */
export class WrongError extends SpokenError {
  readonly remedy: Text

  constructor(detail: Text, remedy: Text) {
    super(detail)
    this.remedy = remedy
  }
}

/** Thrown by a check that can't be made, because something before it is wrong. */
export class SkippedError extends SpokenError {}

/** How long a check may take: a call to WeChat Pay takes up to 10 s, and some checks make two. */
const CHECK_WITHIN_MS = 30_000

/** The work of a check: resolves to what is right. Once `late` is aborted, nobody waits for it any more. */
type Run = (late: AbortSignal) => Promise<Text>

/**
 * Runs a check and makes its finding. Never throws.
 *
 * @param otherwise the remedy when `run` throws anything but a {@link WrongError}, or takes longer than `withinMs`.
 */
export async function runCheck(
  check: Text,
  otherwise: Text,
  run: Run,
  withinMs: number = CHECK_WITHIN_MS,
): Promise<Finding> {
  try {
    return { check, result: 'ok', detail: await inTime(run, withinMs) }
  } catch (error) {
    if (error instanceof SkippedError) return { check, result: 'skipped', detail: error.text }
    if (error instanceof WrongError) return { check, result: 'wrong', detail: error.text, remedy: error.remedy }
    return { check, result: 'wrong', detail: describeFailure(error), remedy: otherwise }
  }
}

/** The same check, skipped unless `before` is right. */
export function after(before: Finding, run: Run): Run {
  return async (late) => {
    if (before.result === 'ok') return run(late)
    throw new SkippedError(skippedTexts.after(before.check))
  }
}

/** The finding, or a skipped one when `before` is wrong as well: then it is only a consequence. */
export function unlessAlso(before: Finding, finding: Finding): Finding {
  if (before.result !== 'wrong' || finding.result !== 'wrong') return finding
  return { check: finding.check, result: 'skipped', detail: skippedTexts.after(before.check) }
}

/** WeChat's own answer, without the advice of our error message, which is meant for calls about money. */
export function describeFailure(error: unknown): Text {
  if (error instanceof SpokenError) return error.text
  if (!(error instanceof WechatPayError)) {
    return describeRefusal(error) ?? wrongTexts.unexplained(describeReason(error))
  }
  if (error.cause instanceof NoAnswerError) return wrongTexts.silence(error.cause.code)
  if (!error.wechatCode) return wrongTexts.unexplained(error.message)
  // After its sentence WeChat quotes our request, as JSON.
  const sentence = error.hint?.split(' {')[0]
  return wrongTexts.refusal(`${error.httpStatus} ${error.wechatCode}`, sentence)
}
