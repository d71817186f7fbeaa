import type { Job, PgBoss } from 'pg-boss'
import pino from 'pino'
import { expect, test } from 'vitest'
import { whileClaimed } from '../../src/infra/claims.ts'

test('a renewal that hangs does not keep the next ones from renewing', async () => {
  const log = pino({ level: 'silent' })
  let renewals = 0
  const touch = () => {
    renewals += 1
    return renewals === 1 ? new Promise<never>(() => {}) : Promise.resolve()
  }
  const claimed = [{ id: 'job' } as Job]
  const queue = { touch } as unknown as PgBoss
  await whileClaimed({ queue, log }, { name: 'queue', claimed }, async () => {
    await expect.poll(() => renewals).toBeGreaterThan(2)
  })
})
