import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { cloneDatabase } from '../harness/database.ts'
import { canRunNginx } from '../harness/nginx.ts'
import { startRedis } from '../harness/redis.ts'
import { openDeployment } from '../rehearsal/deployment.ts'
import { collect } from '../rehearsal/evidence.ts'
import { judge } from '../rehearsal/judge.ts'
import { beginLoad, openTown } from '../rehearsal/load.ts'
import { findPlace } from '../rehearsal/place.ts'
import { makeNextRelease, openRelease, SOURCES } from '../rehearsal/release.ts'
import { rollOut } from '../rehearsal/rollout.ts'
import type { Servers } from '../rehearsal/servers.ts'

/** A database with the demo data, and a Redis of its own. */
async function openServers(): Promise<Servers> {
  const database = await cloneDatabase()
  onTestFinished(() => database.drop())
  const db = openDatabase(database.url)
  await seed(db)
  await db.$disconnect()
  const redis = await startRedis()
  if (!redis) throw new Error('redis-server is needed')
  onTestFinished(() => redis.stop())
  return { DATABASE_URL: database.url, REDIS_URL: redis.url }
}

// `npm run rehearse` does the same with production's tree.
describe('a rolling deployment', { skip: inject('redisUrl') === null || !canRunNginx() }, () => {
  test('loses no purchase and no state, with two versions at once on the schema of the newer one', async () => {
    const stopping = new AbortController()
    const place = await findPlace(onTestFinished, stopping.signal)
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(`the logs are kept in ${place.logs}\n`)
      else await rm(place.folder, { recursive: true, force: true })
    })
    const servers = await openServers()
    const deployment = await openDeployment(place, {
      servers,
      counts: { API: 2, worker: 1 },
      credentials: inject('credentials'),
      env: { NODE_COMPILE_CACHE: inject('compileCache') },
    })
    const release = openRelease(process.cwd(), SOURCES)
    await deployment.start(release)
    const town = openTown(deployment, place)
    const load = beginLoad(town, { perSecond: 1 })
    onTestFinished(() => stopping.abort())

    const next = await makeNextRelease(release, join(place.folder, 'next'))
    const steps: [string, Record<string, number>][] = []
    const report = ({ name }: { name: string }, versions: Record<string, number>) => void steps.push([name, versions])
    await rollOut(place, { deployment, load, next, purchasesBetween: 3, report })
    await load.end()

    expect(judge(await collect(town, load, servers.DATABASE_URL))).toEqual([])
    expect(steps).toEqual([
      ['API 1', { [release.version]: 2, [next.version]: 1 }],
      ['API 2', { [release.version]: 1, [next.version]: 2 }],
      ['worker 1', { [next.version]: 3 }],
    ])
    expect(town.sockets.ended.get(1001)).toBeGreaterThan(0)
  })
})
