/** The least that a notice can cost a process: node:http, verify, decrypt, one publish; no database. */
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { createNoticeReader, withBody } from './notice.mjs'

const readNotice = createNoticeReader(JSON.parse(process.env.CREDENTIALS))
const redis = new Redis(process.env.REDIS_URL)

createServer((request, response) => {
  if (request.method === 'GET') return response.end()
  withBody(request, (body) => {
    const transaction = readNotice(request.headers, body)
    if (!transaction) return response.writeHead(401).end()
    redis.publish('bare', JSON.stringify({ sn: transaction.out_trade_no, version: 2 })).catch(() => {})
    response.writeHead(204).end()
  })
}).listen(Number(process.env.PORT), '127.0.0.1')
