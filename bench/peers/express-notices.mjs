/**
 * A notice handler as a competent user writes it today: Express, wechatpay-node-v3, Prisma that reads, decides and
 * writes, and a BullMQ job for whatever follows.
 */
import { PrismaPg } from '@prisma/adapter-pg'
import { Queue } from 'bullmq'
import express from 'express'
import wechatpay from 'wechatpay-node-v3'
import { PrismaClient } from '../../prisma/client/client.ts'

const WxPay = wechatpay.default ?? wechatpay
const credentials = JSON.parse(process.env.CREDENTIALS)
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 10 }) })
const { hostname: host, port } = new URL(process.env.REDIS_URL)
const paid = new Queue('paid', { connection: { host, port: Number(port) } })
const pay = new WxPay({
  appid: credentials.appid,
  mchid: credentials.mchid,
  serial_no: credentials.mchCertSerial,
  publicKey: Buffer.from(credentials.publicKey),
  privateKey: Buffer.from(credentials.mchPrivateKey),
  key: credentials.apiV3Key,
})
// In the place of the platform certificate that it would download.
WxPay.certificates = { [credentials.publicKeyId]: credentials.publicKey }

async function settle(transaction) {
  const { out_trade_no: sn, transaction_id: transactionId, amount, success_time: successTime } = transaction
  const payment = await prisma.payment.findUnique({ where: { sn } })
  if (!payment || payment.payTotal !== amount.total) throw new Error(`${sn} doesn't fit`)
  if (payment.status !== 'PENDING') return
  await prisma.payment.update({
    where: { sn },
    data: {
      status: 'SUCCESS',
      version: { increment: 1 },
      transactionId,
      paidTotal: amount.total,
      payerTotal: amount.payer_total,
      payTime: new Date(successTime),
      paidAt: new Date(),
      tradeState: transaction.trade_state,
      tradeStateDesc: transaction.trade_state_desc,
      tradeType: transaction.trade_type,
    },
  })
  await paid.add('paid', { sn }, { removeOnComplete: true })
}

const app = express()
app.get('/ready', (_request, response) => response.sendStatus(200))
// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 handles their rejections
app.post('/wechat/pay/notify', express.text({ type: '*/*' }), async (request, response) => {
  const isAuthentic = await pay.verifySign({
    body: request.body,
    signature: request.headers['wechatpay-signature'],
    serial: request.headers['wechatpay-serial'],
    nonce: request.headers['wechatpay-nonce'],
    timestamp: request.headers['wechatpay-timestamp'],
  })
  if (!isAuthentic) return response.status(401).json({ code: 'FAIL', message: 'signature' })
  const { ciphertext, associated_data: associatedData, nonce } = JSON.parse(request.body).resource
  await settle(pay.decipher_gcm(ciphertext, associatedData, nonce))
  response.sendStatus(204)
})
app.listen(Number(process.env.PORT), '127.0.0.1')
