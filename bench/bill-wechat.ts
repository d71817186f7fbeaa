/** A process of `npm run bench:bill`: a WeChat that has the bills of one day, of any size, and little else. */
import { createHash, createPrivateKey, randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Credentials } from '@looklook-pay/sandbox'
import { type BillPlan, fundFlowBill, tradeBill } from './bill-lines.ts'
import { signedHeaders } from './signed-headers.ts'

const credentials = JSON.parse(process.env['CREDENTIALS'] ?? '') as Credentials
const plan = JSON.parse(process.env['PLAN'] ?? '') as BillPlan
const port = Number(process.env['PORT'])
const key = createPrivateKey(credentials.platformPrivateKey)

const bills: Partial<Record<string, (plan: BillPlan) => Iterable<string>>> = {
  tradebill: tradeBill,
  fundflowbill: fundFlowBill,
}
const hashes = { tradebill: hashOf(tradeBill(plan)), fundflowbill: hashOf(fundFlowBill(plan)) }

function hashOf(texts: Iterable<string>): string {
  const hash = createHash('sha1')
  for (const text of texts) hash.update(text)
  return hash.digest('hex')
}

/** Larger pieces than lines: a stream costs something for each. */
function* inPieces(texts: Iterable<string>): Generator<string> {
  let piece = ''
  for (const text of texts) {
    piece += text
    if (piece.length < 65_536) continue
    yield piece
    piece = ''
  }
  yield piece
}

async function serve(url: string, response: ServerResponse): Promise<void> {
  const [, kind = ''] = /^\/v3\/(?:bill|billdownload)\/(\w+)/.exec(url) ?? []
  const bill = bills[kind]
  if (url.startsWith('/v3/billdownload/') && bill) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    await pipeline(Readable.from(inPieces(bill(plan))), createGzip({ level: 1 }), response)
  } else if (bill) {
    const downloadUrl = `http://127.0.0.1:${port}/v3/billdownload/${kind}`
    const body = JSON.stringify({
      hash_type: 'SHA1',
      hash_value: hashes[kind as keyof typeof hashes],
      download_url: downloadUrl,
    })
    const nonce = randomBytes(16).toString('hex')
    response.writeHead(200, signedHeaders(credentials, { key, nonce, body })).end(body)
  } else if (url.startsWith('/cgi-bin/stable_token')) {
    response.writeHead(200).end(JSON.stringify({ access_token: 'a'.repeat(150), expires_in: 7_200 }))
  } else if (url.startsWith('/cgi-bin/')) {
    response.writeHead(200).end(JSON.stringify({ errcode: 0, errmsg: 'ok' }))
  } else {
    response.writeHead(url === '/ready' ? 200 : 404).end('{"code":"RESOURCE_NOT_EXISTS"}')
  }
}

createServer((request, response) => {
  request.resume()
  serve(request.url ?? '', response).catch(() => response.destroy())
}).listen(port, '127.0.0.1')
