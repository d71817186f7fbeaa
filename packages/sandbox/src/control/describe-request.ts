import { SIGNATURE_TYPE } from '../crypto/signature.ts'
import { PayError } from '../http/pay-error.ts'
import type { Call, Route } from '../http/route.ts'
import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import type { RecordedRequest, RefusalReason } from './recorded-request.ts'

const SHOWN_CHARACTERS = 4_000

const SIGNATURE_DOCUMENT =
  'https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-generation.html'

/** Headers that hold nothing but secrets. */
const SECRET_HEADERS = new Set(['cookie', 'proxy-authorization'])

/** The request without what is secret: values of the fields that hold such, and `secrets` wherever they stand. */
export function describeRequest(
  call: Pick<Call, 'method' | 'target' | 'headers' | 'body'>,
  secrets: readonly string[],
): Pick<RecordedRequest, 'method' | 'target' | 'headers' | 'body'> {
  const mask = (text: string) => secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  const target = mask(call.target.replace(/([?&](?:secret|access_token)=)[^&]*/g, '$1***'))
  const headers = Object.entries(call.headers).map(([name, value = '']) => {
    return [name, mask(shownHeader(name, [value].flat().join(', ')))] as const
  })
  const body = mask(call.body.replace(/("(?:secret|access_token)"\s*:\s*)"(?:[^"\\]|\\.)*"/g, '$1"***"'))
  const shown = body.length > SHOWN_CHARACTERS ? `${body.slice(0, SHOWN_CHARACTERS)}…` : body
  return { method: call.method, target, headers: Object.fromEntries(headers), ...(shown === '' ? {} : { body: shown }) }
}

/** WeChat Pay's Authorization is shown without its signature, and of any other nothing. */
function shownHeader(name: string, value: string): string {
  if (SECRET_HEADERS.has(name)) return '***'
  if (name !== 'authorization') return value
  return value.startsWith(`${SIGNATURE_TYPE} `) ? value.replace(/(\bsignature="?)[^",]*/g, '$1***') : '***'
}

/** Why a call was refused; undefined for an error that is no refusal. */
export function explainRefusal(error: unknown, route?: Route): RefusalReason | undefined {
  const document = route?.document === undefined ? {} : { document: route.document }
  if (error instanceof PayError) {
    const field = error.detail?.['field']
    return {
      code: error.code,
      message: error.message,
      ...(typeof field === 'string' ? { field } : {}),
      rule: error.rule,
      ...(error.code === 'SIGN_ERROR' ? { document: SIGNATURE_DOCUMENT } : document),
    }
  }
  if (error instanceof MiniProgramRefusal) {
    return { code: error.errcode, message: error.message, rule: error.rule, ...document }
  }
  return undefined
}
