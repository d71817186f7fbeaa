import { createPublicKey, type KeyObject } from 'node:crypto'
import { notifyUrl, rules } from '../wechat/input-rules.ts'
import { isLoopback } from '../wechat/loopback.ts'
import { readApiUrl, readApiV3Keys, type WechatPayConfig } from '../wechat/merchant.ts'
import { readKey, toPem } from './pem.ts'
import { isPublished } from './published-keys.ts'
import { type EnvReader, FaultError, readBy, type Setting } from './reader.ts'
import { type Template, templateParts, templateSetting } from './templates.ts'
import { exampleTexts, wechatFaultTexts as faults, keyFaultTexts } from './texts.ts'

export interface WechatConfig {
  pay: WechatPayConfig
  mini: { appid: string; secret: string; apiUrl: string }
  /** A message without a template is skipped. */
  templates: { orderPaid?: Template; checkIn?: Template; refunded?: Template }
  /** True when the URLs are plain http, which is accepted for loopback alone and so can only be a sandbox. */
  isSandbox: boolean
}

const required = [
  'WECHAT_APP_ID',
  'WECHAT_APP_SECRET',
  'WECHAT_PAY_MCH_ID',
  'WECHAT_PAY_MCH_CERT_SERIAL',
  'WECHAT_PAY_MCH_PRIVATE_KEY',
  'WECHAT_PAY_API_V3_KEY',
  'WECHAT_PAY_NOTIFY_URL',
]
const optional = [
  'WECHAT_PAY_PUBLIC_KEY_ID',
  'WECHAT_PAY_PUBLIC_KEY',
  'WECHAT_PAY_API_V3_KEY_PREVIOUS',
  'WECHAT_API_URL',
  'WECHAT_PAY_API_URL',
  'WECHAT_TEMPLATE_ORDER_PAID',
  'WECHAT_TEMPLATE_CHECK_IN',
  'WECHAT_TEMPLATE_REFUNDED',
]

/** True when anything about WeChat is set: then all required variables must be. */
export function hasWechat(reader: EnvReader): boolean {
  return [...required, ...optional].some((name) => reader.has(name))
}

/** Reads the settings of WeChat. The result is valid only if the reader has reported no problem. */
export function readWechat(reader: EnvReader, run: { production: boolean; test: boolean }): WechatConfig {
  const rule = settings(run)
  const text = (name: string, setting: Setting<string>) => reader.required(name, setting) ?? ''
  const appid = text('WECHAT_APP_ID', rule.appid)
  const pay: WechatPayConfig = {
    appid,
    mchid: text('WECHAT_PAY_MCH_ID', rule.mchid),
    mchCertSerial: text('WECHAT_PAY_MCH_CERT_SERIAL', rule.serial),
    mchPrivateKey: text('WECHAT_PAY_MCH_PRIVATE_KEY', rule.privateKey),
    apiV3Key: text('WECHAT_PAY_API_V3_KEY', rule.apiV3Key),
    apiV3KeyPrevious: reader.optional('WECHAT_PAY_API_V3_KEY_PREVIOUS', rule.apiV3Key),
    publicKey: readPublicKey(reader, rule),
    notifyUrl: text('WECHAT_PAY_NOTIFY_URL', rule.notifyUrl),
    apiUrl: reader.withDefault('WECHAT_PAY_API_URL', rule.apiUrl),
  }
  refuseMixedKeys(reader, pay)
  const secret = text('WECHAT_APP_SECRET', rule.secret)
  const apiUrl = reader.withDefault('WECHAT_API_URL', rule.apiUrl, 'https://api.weixin.qq.com')
  const templates = {
    orderPaid: reader.optional('WECHAT_TEMPLATE_ORDER_PAID', templateSetting(templateParts.orderPaid)),
    checkIn: reader.optional('WECHAT_TEMPLATE_CHECK_IN', templateSetting(templateParts.checkIn)),
    refunded: reader.optional('WECHAT_TEMPLATE_REFUNDED', templateSetting(templateParts.refunded)),
  }
  const isSandbox = [pay.apiUrl, apiUrl].some((url) => url.startsWith('http:'))
  return { pay, mini: { appid, secret, apiUrl }, templates, isSandbox }
}

/** Reports keys that are valid each for itself, and can't be both what they are set as. */
function refuseMixedKeys(reader: EnvReader, pay: WechatPayConfig): void {
  const { publicKey, mchPrivateKey, apiV3Key, apiV3KeyPrevious } = pay
  if (publicKey && mchPrivateKey && createPublicKey(mchPrivateKey).equals(createPublicKey(publicKey.pem))) {
    reader.report('WECHAT_PAY_PUBLIC_KEY', keyFaultTexts.ownKey, '/run/secrets/pub_key.pem')
  }
  if (apiV3KeyPrevious && apiV3KeyPrevious === apiV3Key)
    reader.report('WECHAT_PAY_API_V3_KEY_PREVIOUS', faults.samePreviousKey)
}

function readPublicKey(reader: EnvReader, rule: ReturnType<typeof settings>): WechatPayConfig['publicKey'] {
  const names = ['WECHAT_PAY_PUBLIC_KEY_ID', 'WECHAT_PAY_PUBLIC_KEY'] as const
  if (!names.some((name) => reader.has(name))) return undefined
  const id = reader.required(names[0], rule.publicKeyId)
  const pem = reader.required(names[1], rule.publicKey)
  return id === undefined || pem === undefined ? undefined : { id, pem }
}

function settings({ production, test }: { production: boolean; test: boolean }) {
  const secure = (url: string) => {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'https:' && (production || !isLoopback(hostname))) throw new RangeError('not secure')
    return url
  }
  const unpublished = <Key extends string | KeyObject>(key: Key): Key => {
    const publicHalf = typeof key !== 'string' && key.type === 'private' ? createPublicKey(key) : key
    if (!test && isPublished(publicHalf)) throw new FaultError(keyFaultTexts.published)
    return key
  }
  return {
    appid: { schema: readBy(rules.appid, faults.appid), example: 'wx8888888888888888' },
    secret: {
      schema: readBy(noSpace, faults.secret),
      example: exampleTexts.appSecret.en,
      shown: exampleTexts.appSecret,
    },
    mchid: { schema: readBy(rules.mchid, faults.mchid), example: '1900000109' },
    serial: {
      schema: readBy(hexSerial, faults.serial),
      example: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
    },
    privateKey: {
      schema: readBy((text) => toPem(unpublished(readKey(text, 'private'))), keyFaultTexts.private),
      example: '/run/secrets/apiclient_key.pem',
    },
    apiV3Key: {
      schema: readBy((text) => {
        if (text.length !== 32) throw new RangeError('not 32 characters')
        return unpublished(readApiV3Keys(text, undefined)[0] ?? '')
      }, faults.apiV3Key),
      example: exampleTexts.apiV3Key.en,
      shown: exampleTexts.apiV3Key,
    },
    notifyUrl: {
      schema: readBy((text) => secure(notifyUrl(text, 255)), faults.notifyUrl(!production)),
      example: 'https://pay.example.com/wechat/pay/notify',
    },
    apiUrl: {
      schema: readBy((text) => secure(readApiUrl(text).origin), faults.apiUrl(!production)),
      example: 'https://api.mch.weixin.qq.com',
    },
    publicKeyId: {
      schema: readBy(publicKeyId, faults.publicKeyId),
      example: 'PUB_KEY_ID_0119000001092026010100000000000001',
    },
    publicKey: {
      schema: readBy((text) => toPem(unpublished(readKey(text, 'public'))), keyFaultTexts.public),
      example: '/run/secrets/pub_key.pem',
    },
  } satisfies Record<string, Setting<string>>
}

function matching(form: RegExp): (text: string) => string {
  return (text) => {
    if (!form.test(text)) throw new RangeError('malformed')
    return text
  }
}

const noSpace = matching(/^\S{1,128}$/)

/** As certificate viewers show it (`51:57:f0 …`), and OpenSSL prints it (`serial=5157F0…`). */
function hexSerial(text: string): string {
  const serial = text
    .replace(/^(serial(number)?\s*=\s*|0x)/i, '')
    .replaceAll(/[\s:]/g, '')
    .toUpperCase()
  if (serial.startsWith('PUB_KEY_ID_')) throw new FaultError(faults.serialIsKeyId)
  return hexDigits(serial)
}

function publicKeyId(text: string): string {
  const id = text.replaceAll(/[\s:]/g, '').toUpperCase()
  if (/^[0-9A-F]{20,40}$/.test(id)) throw new FaultError(faults.publicKeyIdIsSerial)
  return prefixedId(id)
}

const hexDigits = matching(/^[0-9A-F]{1,40}$/)
const prefixedId = matching(/^PUB_KEY_ID_[0-9A-Z]{1,64}$/)
