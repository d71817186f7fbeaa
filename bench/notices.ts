import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import type { Credentials } from '@looklook-pay/sandbox'
import { ORDER_TOTAL, openidOf, paymentSn } from './fill.ts'
import { signedHeaders } from './signed-headers.ts'

export interface HttpRequest {
  method: 'POST'
  path: string
  headers: Record<string, string>
  body: string
}

/** What WeChat says about a paid order. */
interface Paid {
  outTradeNo: string
  openid: string
  totalFen: number
}

/** WeChat's notices, encrypted and signed as it does. */
export function createNotices(credentials: Credentials): (paid: Paid) => HttpRequest {
  const key = createPrivateKey(credentials.platformPrivateKey)
  return (paid) => signNotice(credentials, key, paid)
}

/** The notices for the payments with the numbers `from` to `to` of a filled database. */
export function noticesOf(
  credentials: Credentials,
  { from, to, guests }: { from: number; to: number; guests: number },
) {
  const notice = createNotices(credentials)
  return Array.from({ length: to - from + 1 }, (_each, index) => {
    const number = from + index
    const openid = openidOf(((number - 1) % guests) + 1)
    return notice({ outTradeNo: paymentSn(number), openid, totalFen: ORDER_TOTAL })
  })
}

function signNotice(credentials: Credentials, key: KeyObject, paid: Paid): HttpRequest {
  const nonce = randomBytes(6).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', credentials.apiV3Key, nonce).setAAD(Buffer.from('transaction'))
  const plaintext = JSON.stringify(transactionOf(credentials, paid))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('base64')
  const body = JSON.stringify({
    id: randomUUID(),
    create_time: new Date().toISOString(),
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext,
      associated_data: 'transaction',
      nonce,
    },
  })
  const headers = signedHeaders(credentials, { key, nonce, body })
  return { method: 'POST', path: '/wechat/pay/notify', headers, body }
}

function transactionOf({ appid, mchid }: Credentials, { outTradeNo, openid, totalFen }: Paid): object {
  return {
    appid,
    mchid,
    out_trade_no: outTradeNo,
    // 28 digits, as WeChat's.
    transaction_id: `4200${String(randomBytes(6).readUIntBE(0, 6)).padStart(24, '0')}`,
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: 'OTHERS',
    attach: '',
    success_time: new Date().toISOString(),
    payer: { openid },
    amount: { total: totalFen, payer_total: totalFen, currency: 'CNY', payer_currency: 'CNY' },
  }
}
