import { createDecipheriv, createPublicKey, verify } from 'node:crypto'

/** Reads a notice by node:crypto and nothing else. @returns the transaction, or null when it isn't authentic. */
export function createNoticeReader({ publicKey, apiV3Key }) {
  const key = createPublicKey(publicKey)
  return (headers, body) => {
    const head = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n`
    const message = Buffer.concat([Buffer.from(head), body, Buffer.from('\n')])
    if (!verify('sha256', message, key, Buffer.from(headers['wechatpay-signature'], 'base64'))) return null
    const { ciphertext, associated_data: associatedData, nonce } = JSON.parse(body.toString('utf8')).resource
    const bytes = Buffer.from(ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce)
    decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(associatedData))
    const text = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
    return JSON.parse(text)
  }
}

/** Calls `handle` with the whole body. */
export function withBody(request, handle) {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => handle(Buffer.concat(chunks)))
}
