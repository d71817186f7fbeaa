import { inject } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { describe, expect, test } from '../harness/app.ts'
import { confirm, deploy, purchase, stateOf } from '../harness/deployment.ts'
import { readiness } from '../harness/processes.ts'
import { whileSilent } from '../harness/silent-database.ts'

describe.skipIf(!inject('redisUrl'))('an API whose database falls silent, while new connections work', () => {
  test('says so, leaves those connections, and takes money again, all while they stay silent', async () => {
    const deployment = await deploy()
    const { sandbox, databaseUrl } = deployment
    const { url } = await deployment.startApi()
    const bought = await purchase(url, 'silent', await givenHomestay(databaseUrl), 10)
    await Promise.all(Array.from({ length: 8 }, () => stateOf(url, bought)))

    await whileSilent(databaseUrl, async () => {
      const read = () => stateOf(url, bought).catch(() => 'failed' as const)
      const [ready, ...reads] = await Promise.all([readiness(url), ...Array.from({ length: 12 }, read)])
      expect(ready).toMatchObject({ status: 503, body: { status: 'unavailable', database: 'away' } })
      // That they have all ended is what counts; after them every connection is a new one.
      expect(reads).toContain('failed')
      await expect.poll(async () => (await readiness(url)).status).toBe(200)

      await confirm(sandbox, bought)
      await expect.poll(read).toMatchObject({ payment: { status: 'SUCCESS' } })
    })
  })
})

async function givenHomestay(databaseUrl: string): Promise<string> {
  const db = openDatabase(databaseUrl)
  await seed(db)
  const { id } = await db.homestay.findFirstOrThrow()
  await db.$disconnect()
  return id
}
