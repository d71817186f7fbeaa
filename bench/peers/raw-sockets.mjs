/**
 * Live payments without GraphQL: a notice is verified, decrypted and written by one prepared UPDATE, published through
 * Redis, and sent by `ws` to whoever watches the payment. Sessions and owners are checked as ours are.
 */
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { WebSocketServer } from 'ws'
import { createNoticeReader, withBody } from './notice.mjs'
import { readSessionId } from './session.mjs'

const readNotice = createNoticeReader(JSON.parse(process.env.CREDENTIALS))
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const redis = new Redis(process.env.REDIS_URL)
const hints = redis.duplicate()
const watched = new Map()
const utf8 = new TextDecoder()

const READ = {
  name: 'read',
  text: `SELECT p.sn, p.status, p."tradeState", p."payTotal", p.version FROM session s
    JOIN payment p ON p."userId" = s."userId"
    WHERE s.id = $1 AND p.sn = $2 AND s."revokedAt" IS NULL AND s."expiresAt" > now()`,
}
const SETTLE = {
  name: 'settle',
  text: `UPDATE payment SET status = 'SUCCESS', version = version + 1, "transactionId" = $2, "paidTotal" = $3,
      "payerTotal" = $3, "paidAt" = now(), "tradeState" = 'SUCCESS', "nextRecheckAt" = NULL
    WHERE sn = $1 AND "payTotal" = $3 AND "paidAt" IS NULL
    RETURNING sn, status, "tradeState", "payTotal", version`,
}

async function settle({ out_trade_no: sn, transaction_id: transactionId, amount }) {
  const { rows } = await pool.query({ ...SETTLE, values: [sn, transactionId, amount.total] })
  if (rows[0]) redis.publish('raw', JSON.stringify(rows[0])).catch(() => {})
}

const http = createServer((request, response) => {
  if (request.method === 'GET') return response.end()
  withBody(request, async (body) => {
    const transaction = readNotice(request.headers, body)
    if (transaction) await settle(transaction)
    response.writeHead(transaction ? 204 : 401).end()
  })
})

async function watch(socket, { sn, authorization }) {
  const { rows } = await pool.query({ ...READ, values: [readSessionId(authorization), sn] })
  if (!rows[0]) return socket.close(4403)
  watched.set(sn, socket)
  socket.on('close', () => watched.delete(sn))
  socket.send(JSON.stringify(rows[0]))
}

new WebSocketServer({ server: http, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data) => {
    watch(socket, JSON.parse(utf8.decode(data))).catch(() => socket.close(1011))
  })
})

hints.on('message', (_channel, text) => watched.get(JSON.parse(text).sn)?.send(text))
await hints.subscribe('raw')
http.listen(Number(process.env.PORT), '127.0.0.1')
