/** A load generator: RSA-2048 signatures, as fast as one thread makes them. */
import { createPrivateKey, sign } from 'node:crypto'
import { serveJobs } from './generator.ts'

export interface RsaJob {
  privateKey: string
  seconds: number
}

export interface RsaResult {
  perSecond: number
}

serveJobs(async ({ privateKey, seconds }: RsaJob): Promise<RsaResult> => {
  const key = createPrivateKey(privateKey)
  const message = Buffer.from('a'.repeat(200))
  const startedAt = performance.now()
  let count = 0
  while (performance.now() - startedAt < seconds * 1000) {
    sign('sha256', message, key)
    count += 1
  }
  return { perSecond: count / ((performance.now() - startedAt) / 1000) }
})
