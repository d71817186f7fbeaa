import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin'
import { setting, takeJourney } from './journey.ts'

const appid = setting('WECHAT_APP_ID')
const mchid = setting('WECHAT_PAY_MCH_ID')
const privateKey = setting('WECHAT_PAY_MCH_PRIVATE_KEY')
const publicKey = setting('WECHAT_PAY_PUBLIC_KEY')
const baseURL = process.env.PLAIN_URL

// It verifies every answer by itself.
const wxpay = new Wechatpay({
  mchid,
  serial: setting('WECHAT_PAY_MCH_CERT_SERIAL'),
  privateKey,
  certs: { [setting('WECHAT_PAY_PUBLIC_KEY_ID')]: publicKey },
  ...(baseURL === undefined ? {} : { baseURL }),
})

await takeJourney({
  async prepay(order) {
    const { data } = await wxpay.v3.pay.transactions.jsapi.post({ appid, mchid, ...order })
    const signed = {
      appId: appid,
      timeStamp: String(Formatter.timestamp()),
      nonceStr: Formatter.nonce(),
      package: `prepay_id=${data.prepay_id}`,
    }
    const paySign = Rsa.sign(Formatter.joinedByLineFeed(...Object.values(signed)), privateKey)
    return { ...signed, signType: 'RSA', paySign }
  },
  async readNotice(headers, body) {
    const read = (name) => String(headers[`wechatpay-${name}`])
    const message = Formatter.response(Number(read('timestamp')), read('nonce'), body)
    if (!Rsa.verify(message, read('signature'), publicKey)) throw new Error('The notice is forged')
    const { resource } = JSON.parse(body)
    const { ciphertext, nonce, associated_data } = resource
    return JSON.parse(Aes.AesGcm.decrypt(ciphertext, setting('WECHAT_PAY_API_V3_KEY'), nonce, associated_data))
  },
  async query(out_trade_no) {
    const { data } = await wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.get({ params: { mchid }, out_trade_no })
    return data
  },
  async close(out_trade_no) {
    const { status } = await wxpay.v3.pay.transactions.outTradeNo.$out_trade_no$.close.post({ mchid }, { out_trade_no })
    return status
  },
  async refund(refund) {
    const { data } = await wxpay.v3.refund.domestic.refunds.post(refund)
    return data
  },
  async downloadBill(bill_date) {
    const { data } = await wxpay.v3.bill.tradebill.get({ params: { bill_date, bill_type: 'ALL' } })
    const params = Object.fromEntries(new URL(data.download_url).searchParams)
    const { data: bill } = await wxpay.v3.billdownload.file.get({ params })
    return bill
  },
})
