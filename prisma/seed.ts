/** `npm run db:seed`: inserts the demo data at DATABASE_URL, as soon as its server is there. */
import '../src/infra/node-version.ts'
import { type Database, openDatabase } from '../src/infra/database.ts'
import { openProcessLog } from '../src/infra/logger.ts'
import { isUnmigrated } from '../src/infra/migrate.ts'
import { SetupError } from '../src/infra/setup-error.ts'
import { untilReachable } from '../src/infra/wait.ts'
import { complain, readConfig, readEnvironment } from '../src/process.ts'
import { DEMO_APPID } from '../src/user/user.ts'
import { type DemoBusiness, demoBusinesses } from './demo-homestays.ts'

/**
 * Three businesses with twelve homestays, and their two hosts, who are `o_demo_host` and another in whichever
 * mini-program signs them in first outside production. What is there already stays as it is; safe to call twice, also
 * at once.
 */
export async function seed(db: Database): Promise<void> {
  const hostOpenids = [...new Set(demoBusinesses.map(({ hostOpenid }) => hostOpenid))]
  await db.user.createMany({
    data: hostOpenids.map((openid, index) => ({ id: toUserId(openid), nickname: `示例房东 ${index + 1}` })),
    skipDuplicates: true,
  })
  await db.wechatIdentity.createMany({
    data: hostOpenids.map((openid) => ({ appid: DEMO_APPID, openid, userId: toUserId(openid) })),
    skipDuplicates: true,
  })
  await db.homestayBusiness.createMany({
    data: demoBusinesses.map(({ id, name, info, hostOpenid }) => ({
      id,
      name,
      info,
      hostUserId: toUserId(hostOpenid),
    })),
    skipDuplicates: true,
  })
  await db.homestay.createMany({ data: demoBusinesses.flatMap(toHomestays), skipDuplicates: true })
}

function toUserId(openid: string): string {
  return `demo-user-${openid}`
}

function toHomestays({ id: businessId, homestays }: DemoBusiness) {
  return homestays.map((homestay) => ({
    ...homestay,
    businessId,
    cover: `https://picsum.photos/seed/${homestay.id}/800/600`,
  }))
}

if (import.meta.main) await runSeed()

async function runSeed(): Promise<void> {
  const config = readConfig(readEnvironment().env, 'migrate')
  const log = openProcessLog(config)
  const db = openDatabase(config.databaseDirectUrl ?? config.databaseUrl, { poolSize: 1, log })
  try {
    await untilReachable(log, () => seed(db))
    process.stdout.write('The demo data is there\n')
  } catch (error) {
    const reason = 'The database is not migrated. Run npm run db:migrate first.'
    complain(log, isUnmigrated(error) ? new SetupError(reason, { cause: error }) : error)
    process.exitCode = 1
  } finally {
    await db.$disconnect()
  }
}
