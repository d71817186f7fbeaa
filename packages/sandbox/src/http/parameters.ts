import { z } from 'zod'
import { issuesOf } from './issues.ts'
import { PayError } from './pay-error.ts'

/** Hosts of this machine alone, as `URL` spells them. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * `value`, parsed by `schema`.
 *
 * @throws {PayError} PARAM_ERROR that names the first field that is wrong or not defined.
 */
export function parseParameters<T>(schema: z.ZodType<T>, value: unknown, location: 'body' | 'query' | 'path'): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = issuesOf(parsed.error, value)
  if (issue === undefined) throw new PayError('PARAM_ERROR')
  const { field, isUnknownField, message, rule } = issue
  if (isUnknownField) {
    const detail = { field, issue: 'unknown field', location }
    throw new PayError('PARAM_ERROR', '请求中含有未在API文档中定义的参数', detail, rule)
  }
  throw new PayError('PARAM_ERROR', `参数错误：${field} ${message}`, { field, issue: message, location }, rule)
}

/** @throws {PayError} PARAM_ERROR when `body` is no JSON. */
export function parseJsonBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    const detail = { issue: 'invalid JSON', location: 'body' }
    throw new PayError('PARAM_ERROR', '请求体不是合法的JSON', detail, 'The body must be JSON')
  }
}

/** A non-empty string of at most `limit` characters (code points). */
export function characters(limit: number) {
  return z
    .string()
    .min(1)
    .refine((text) => Array.from(text).length <= limit, {
      message: `最多${limit}个字符`,
      params: { rule: `has at most ${limit} characters` },
    })
}

/** A non-empty string of at most `limit` bytes of UTF-8. */
export function bytes(limit: number) {
  return z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= limit, {
      message: `最多${limit}个字节`,
      params: { rule: `has at most ${limit} bytes` },
    })
}

export const fen = z.int().min(1).max(2_147_483_647)
export const outTradeNo = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/)
export const outRefundNo = z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/)
export const openid = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/)
export const merchantAccount = z.string().regex(/^[0-9]{8,32}$/)

/** RFC 3339 in whole seconds with an offset. */
export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
  .refine((text) => !Number.isNaN(Date.parse(text)), {
    message: '时间不存在',
    params: { rule: 'is no time that exists' },
  })

/**
 * Where a notice goes: https, without a query, a fragment or credentials. Unlike WeChat Pay, the sandbox accepts plain
 * http too, for loopback hosts alone.
 */
export function notifyUrl(limit: number) {
  return bytes(limit).refine(isNotifyUrl, {
    message: '必须是不带参数的https地址',
    params: { rule: 'is an https URL without a query; http is for loopback hosts alone' },
  })
}

function isNotifyUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#@]/.test(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}
