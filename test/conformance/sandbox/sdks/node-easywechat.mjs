import { Pay, ServerRequest } from 'node-easywechat'
import { setting, takeJourney } from './journey.ts'

const appid = setting('WECHAT_APP_ID')
const mchid = setting('WECHAT_PAY_MCH_ID')
const baseURL = process.env.PLAIN_URL

const app = new Pay({
  mch_id: mchid,
  private_key: setting('MERCHANT_KEY'),
  certificate: setting('MERCHANT_CERTIFICATE'),
  secret_key: setting('WECHAT_PAY_API_V3_KEY'),
  ...(baseURL === undefined ? {} : { http: { baseURL } }),
})
const client = app.getClient()

await takeJourney({
  async prepay(order) {
    const response = await client.post('/v3/pay/transactions/jsapi', { data: { appid, mchid, ...order } })
    const prepayId = String(response.toObject().prepay_id)
    return app.getUtils().buildMiniAppConfig(prepayId, appid)
  },
  async readNotice(headers, body) {
    const request = new ServerRequest('POST', '/notify', headers, body)
    // With the platform certificates, which it downloads.
    await app.getValidator().validate(request)
    return (await app.setRequest(request).getServer().getRequestMessage()).toObject()
  },
  async query(outTradeNo) {
    const response = await client.get(`/v3/pay/transactions/out-trade-no/${outTradeNo}`, { params: { mchid } })
    return response.toObject()
  },
  async close(outTradeNo) {
    const response = await client.post(`/v3/pay/transactions/out-trade-no/${outTradeNo}/close`, { data: { mchid } })
    return response.getStatusCode()
  },
  async refund(refund) {
    return (await client.post('/v3/refund/domestic/refunds', { data: refund })).toObject()
  },
  async downloadBill(bill_date) {
    const response = await client.get('/v3/bill/tradebill', { params: { bill_date, bill_type: 'ALL' } })
    // It signs no query of a whole URL.
    const { pathname, search } = new URL(response.toObject().download_url)
    return (await client.get(pathname + search)).toString()
  },
})
