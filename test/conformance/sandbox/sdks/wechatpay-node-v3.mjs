import { readFileSync } from 'node:fs'
import WxPay from 'wechatpay-node-v3'
import { setting, takeJourney } from './journey.ts'

// It has no setting for a URL. The serial number is read from the certificate.
const pay = new WxPay({
  appid: setting('WECHAT_APP_ID'),
  mchid: setting('WECHAT_PAY_MCH_ID'),
  publicKey: readFileSync(setting('MERCHANT_CERTIFICATE')),
  privateKey: Buffer.from(setting('WECHAT_PAY_MCH_PRIVATE_KEY')),
  key: setting('WECHAT_PAY_API_V3_KEY'),
})

/** What a call was answered with: it throws no refusals itself. */
function contentOf({ status, data, error }) {
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(error)}`)
  return data
}

await takeJourney({
  prepay: async (order) => contentOf(await pay.transactions_jsapi(order)),
  async readNotice(headers, body) {
    const read = (name) => String(headers[`wechatpay-${name}`])
    // With the platform certificates, which it downloads.
    const isGenuine = await pay.verifySign({
      timestamp: read('timestamp'),
      nonce: read('nonce'),
      serial: read('serial'),
      signature: read('signature'),
      body,
    })
    if (!isGenuine) throw new Error('The notice is forged')
    const { resource } = JSON.parse(body)
    return pay.decipher_gcm(resource.ciphertext, resource.associated_data, resource.nonce)
  },
  query: async (out_trade_no) => contentOf(await pay.query({ out_trade_no })),
  close: async (out_trade_no) => (await pay.close(out_trade_no)).status,
  refund: async (refund) => contentOf(await pay.refunds(refund)),
  async downloadBill(bill_date) {
    const { download_url } = contentOf(await pay.tradebill({ bill_date, bill_type: 'ALL' }))
    return String(contentOf(await pay.downloadBill(download_url)))
  },
})
