import { z } from 'zod'
import { WechatPayError } from './errors.ts'
import { describeUndocumented, endpointOf } from './failure.ts'
import type { PayAnswer } from './transport.ts'

/** A text that WeChat leaves out, or sends as null or empty, when there is none. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined)

/** An instant in RFC 3339 with an offset, as WeChat writes it, or empty when there is none. */
export const instantOrEmpty = z.union([z.iso.datetime({ offset: true }), z.literal('')])

/** The same as a date; may be absent. */
export const optionalInstant = instantOrEmpty.nullish().transform((text) => (text ? new Date(text) : undefined))

/** An amount in fen. */
export const fen = z.int().nonnegative()

export const optionalFen = fen.nullish().transform((amount) => amount ?? undefined)

// Making one costs more than decoding a notice.
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON object in `text`. @throws {SyntaxError | TypeError} when it is not one, or not UTF-8. */
export function parseJsonObject(bytes: Buffer | string): Record<string, unknown> {
  const text = typeof bytes === 'string' ? bytes : utf8.decode(bytes)
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('Not a JSON object')
  return value as Record<string, unknown>
}

/**
 * Parses a signed answer by `read`.
 *
 * @throws {WechatPayError} with an unknown outcome when the answer doesn't match WeChat's documentation.
 */
export function readSigned<Result>(
  request: { method: string; path: string },
  answer: PayAnswer,
  read: (body: Record<string, unknown>) => Result,
): Result {
  try {
    return read(parseJsonObject(answer.body))
  } catch (error) {
    throw undocumented(request, answer, problemOf(error))
  }
}

/** The error for a signed answer that doesn't match WeChat's documentation; it raises an alert. */
export function undocumented(
  request: { method: string; path: string },
  answer: PayAnswer,
  problem: string,
): WechatPayError {
  const { message, fields } = describeUndocumented(request, answer.requestId, problem)
  const error = new WechatPayError(message, { ...fields, httpStatus: answer.status })
  answer.watch.refused({ endpoint: endpointOf(request), code: 'undocumented', error })
  return error
}

/** Names the fields that were wrong, without their values. */
export function problemOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return 'the body is not a JSON object'
  return `these fields are not as documented: ${error.issues.map((issue) => issue.path.join('.') || 'body').join(', ')}`
}
