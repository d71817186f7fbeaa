import { isSignatureOf, requestMessage, SIGNATURE_TYPE } from '../crypto/signature.ts'
import { PayError } from '../http/pay-error.ts'
import type { Call } from '../http/route.ts'
import type { World } from '../world.ts'
import { findKey } from './signing-key.ts'

const SCHEME = `${SIGNATURE_TYPE} `
const FIELDS = ['mchid', 'nonce_str', 'serial_no', 'signature', 'timestamp'] as const
const SHOWN_CHARACTERS = 600

/** https://pay.weixin.qq.com/docs/merchant/development/interface-rules/signature-generation.html */
const CLOCK_TOLERANCE_SECONDS = 300

/**
 * Verifies that the merchant signed this call, unchanged, within five minutes of now.
 *
 * @throws {PayError} SIGN_ERROR with the message that should have been signed; PARAM_ERROR for a header that is
 * missing or wrong.
 */
export function authenticate(world: World, call: Call): void {
  checkHeaders(world, call)
  const fields = readAuthorization(call.headers.authorization)
  const message = requestMessage({
    method: call.method,
    target: call.target,
    timestamp: fields.timestamp,
    nonce: fields.nonce_str,
    body: call.body,
  })
  const refuse = (field: string, text: string, rule: string): never => {
    const detail = {
      field,
      issue: 'sign not match',
      location: 'authorization',
      sign_information: {
        method: call.method,
        url: call.target,
        truncated_sign_message: message.slice(0, SHOWN_CHARACTERS),
        sign_message_length: Buffer.byteLength(message),
      },
    }
    throw new PayError('SIGN_ERROR', text, detail, rule)
  }
  const { mchid, mchCertSerial } = world.credentials
  if (fields.mchid !== mchid) refuse('mchid', '商户号不存在或与签名不一致', `is ${mchid} here`)
  // wechatpay-node-v3 reads it from the certificate, in lower case.
  if (fields.serial_no.toUpperCase() !== mchCertSerial) {
    const rule = `is the serial of the merchant’s API certificate, ${mchCertSerial}, and not of WeChat Pay’s key`
    refuse('serial_no', '商户API证书序列号有误，请使用签名私钥对应的证书序列号', rule)
  }
  // wechatpay-node-v3 sends about a dozen.
  if (!/^[0-9A-Za-z]{1,32}$/.test(fields.nonce_str)) {
    refuse('nonce_str', '随机串应为32位以内的字母或数字', 'is 1 to 32 letters or digits')
  }
  if (!isCurrent(world, fields.timestamp)) {
    const now = Math.floor(world.wallNow() / 1000)
    const rule = `is the time of the call in seconds since 1970, within ${CLOCK_TOLERANCE_SECONDS} of ${now} here`
    refuse('timestamp', 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟', rule)
  }
  if (!isSignatureOf(message, fields.signature, world.keys.merchantPublicKey)) {
    refuse('signature', '签名错误，请检查后再试', `does not verify over these bytes: ${JSON.stringify(message)}`)
  }
}

/** Whether a timestamp, in seconds as text, is within {@link CLOCK_TOLERANCE_SECONDS} of now; a merchant’s clock isn’t moved with the sandbox’s. */
export function isCurrent(world: World, timestamp: string): boolean {
  if (!/^\d{10}$/.test(timestamp)) return false
  return Math.abs(Math.floor(world.wallNow() / 1000) - Number(timestamp)) <= CLOCK_TOLERANCE_SECONDS
}

function refuseHeader(message: string, rule: string): never {
  throw new PayError('PARAM_ERROR', message, { location: 'header' }, rule)
}

function checkHeaders(world: World, { method, headers }: Call): void {
  if (!headers['user-agent'] || !headers.accept)
    refuseHeader('Http头缺少Accept或User-Agent', 'The headers Accept and User-Agent are required')
  if (!/application\/json|\*\/\*/.test(headers.accept ?? ''))
    refuseHeader('Http头Accept应为application/json', 'The header Accept must allow application/json')
  if ((method === 'POST' || method === 'PUT') && !/^application\/json\s*(;|$)/.test(headers['content-type'] ?? '')) {
    refuseHeader('Http头Content-Type应为application/json', 'The header Content-Type must be application/json')
  }
  // WeChat Pay chooses a key where the header is absent, and refuses one that it doesn't have.
  const serial = [headers['wechatpay-serial']].flat()[0]
  if (serial !== undefined && !findKey(world, serial)) {
    refuseHeader(
      'Http头Wechatpay-Serial不是该商户的微信支付公钥ID或平台证书序列号',
      `The header Wechatpay-Serial names no key of this merchant’s WeChat Pay: ${serial}`,
    )
  }
}

function readAuthorization(header: string | undefined): Record<(typeof FIELDS)[number], string> {
  if (!header) {
    const detail = { location: 'authorization' }
    throw new PayError('SIGN_ERROR', 'Http头缺少Authorization', detail, 'The header Authorization is required')
  }
  const pairs = header.startsWith(SCHEME) ? header.slice(SCHEME.length).split(/\s*,\s*/) : []
  const fields = new Map(
    pairs.map((pair) => (/^([a-z_]+)="([^"]*)"$/.exec(pair)?.slice(1) as [string, string] | undefined) ?? ['', '']),
  )
  if (pairs.length !== FIELDS.length || FIELDS.some((name) => !fields.get(name))) {
    throw new PayError(
      'SIGN_ERROR',
      'Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》',
      { location: 'authorization' },
      `Authorization is ${SCHEME}and, once each, ${FIELDS.map((name) => `${name}="…"`).join(',')}`,
    )
  }
  return Object.fromEntries(fields) as Record<(typeof FIELDS)[number], string>
}
