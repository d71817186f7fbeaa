/** `npm run db:migrate`: migrates the database at DATABASE_URL, as soon as its server can be reached. */
import '../src/infra/node-version.ts'
import { openProcessLog } from '../src/infra/logger.ts'
import { migrate } from '../src/infra/migrate.ts'
import { untilReachable } from '../src/infra/wait.ts'
import { complain, readConfig, readEnvironment } from '../src/process.ts'

const config = readConfig(readEnvironment().env, 'migrate')
const log = openProcessLog(config)
try {
  await untilReachable(log, () => migrate(config.databaseDirectUrl ?? config.databaseUrl, { log }))
  process.stdout.write('The database is up to date\n')
} catch (error) {
  complain(log, error)
  process.exitCode = 1
}
// The schema engine leaves 10 s timers behind, which would keep the process alive.
process.exit()
