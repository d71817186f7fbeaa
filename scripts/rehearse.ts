/**
 * `npm run rehearse`: a deployment from nothing. Production's tree is built, measured and migrated; two APIs and two workers of it
 * run behind nginx; a purchase is made over wss; everything is replaced by the next version while guests come; and Prometheus
 * scrapes it. Prints a line for each step, and exits with 1 when one of them fails.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildProduction } from '../test/harness/production-tree.ts'
import { testAlerts } from '../test/harness/prometheus.ts'
import { type Deployment, openDeployment } from '../test/rehearsal/deployment.ts'
import { collect } from '../test/rehearsal/evidence.ts'
import { purchase, type Town } from '../test/rehearsal/guest.ts'
import { judge } from '../test/rehearsal/judge.ts'
import { beginLoad, openTown } from '../test/rehearsal/load.ts'
import { findPlace, type Place } from '../test/rehearsal/place.ts'
import { findMissingPackages } from '../test/rehearsal/programs.ts'
import { BUILT, makeNextRelease, openRelease, type Release } from '../test/rehearsal/release.ts'
import { rollOut } from '../test/rehearsal/rollout.ts'
import { scrape } from '../test/rehearsal/scrape.ts'
import { openServers } from '../test/rehearsal/servers.ts'

/** What is installed for production, in MB; pruned, as an image is. */
const LIMITS = { whole: 150, pruned: 90 }

const COUNTS = { API: 2, worker: 2 }
const GUESTS_PER_SECOND = 4
const PURCHASES_BETWEEN = 12

const say = (line: string) =>
  void process.stdout.write(`${(performance.now() / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
const seconds = (value: number) => `${value.toFixed(1)} s`
const listed = (counts: Iterable<[string | number, number]>) =>
  [...counts].map(([what, count]) => `${count} x ${what}`).join(', ') || 'none'

/** Builds and installs what the Dockerfile does for production. @throws {Error} when it can't be, or weighs too much. */
async function build({ atEnd }: Place): Promise<Release> {
  const tree = await buildProduction()
  if (!tree) throw new Error('without a registry and without its packages in npm’s cache, nothing can be installed')
  atEnd(() => tree.remove())
  const { 'npm ci --omit=dev': whole = 0, 'deploy/prune.sh': pruned = 0 } = tree.weights
  const { root, workdir } = tree.image
  const release = openRelease(join(root, workdir), BUILT)
  say(`built ${release.version}, and installed what npm ci --omit=dev does: ${whole} MB, ${pruned} MB pruned`)
  if (!(whole <= LIMITS.whole && pruned <= LIMITS.pruned))
    throw new Error(`production may weigh ${LIMITS.whole} MB, and ${LIMITS.pruned} MB pruned`)
  return release
}

/** @returns the processes behind nginx, on a migrated database, and whom its guests share. */
async function deploy(
  place: Place,
  release: Release,
): Promise<{ deployment: Deployment; town: Town; databaseUrl: string }> {
  const servers = await openServers(place)
  say('PostgreSQL and Redis run')
  const deployment = await openDeployment(place, { servers, counts: COUNTS })
  await deployment.migrate(release)
  await deployment.seed(release)
  say(`migrated by ${release.version}, with demo data`)
  await deployment.start(release)
  const { API, worker } = deployment.processes
  const ready = [...API, ...worker].map(({ name, readySeconds }) => `${name} after ${seconds(readySeconds)}`)
  say(`ready behind nginx at ${deployment.url}: ${ready.join(', ')}`)
  return { deployment, town: openTown(deployment, place), databaseUrl: servers.DATABASE_URL }
}

/** Replaces everything by the next release while guests come. @throws {Error} when anything is lost. */
async function replaceAll(
  place: Place,
  { deployment, town, databaseUrl }: Awaited<ReturnType<typeof deploy>>,
  release: Release,
): Promise<Release> {
  const next = await makeNextRelease(release, join(place.folder, 'next'))
  const load = beginLoad(town, { perSecond: GUESTS_PER_SECOND })
  say(`${GUESTS_PER_SECOND} guests a second come, and the migration of ${next.version} follows`)
  await rollOut(place, {
    deployment,
    load,
    next,
    purchasesBetween: PURCHASES_BETWEEN,
    report: ({ name, from, to, readySeconds, ended }, versions) =>
      say(
        `${name}: ${to} ready after ${seconds(readySeconds)}, ${from} ended with ${ended.code} after ${seconds(ended.seconds)}; ` +
          `${load.purchases.length} purchases; now run ${listed(Object.entries(versions))}`,
      ),
  })
  await load.end()
  const evidence = await collect(town, load, databaseUrl)
  const violations = judge(evidence)
  const { sockets, requests } = town
  say(
    `${load.purchases.length} purchases, ${violations.length} violations (each is paid once, shown in every state, told once); ` +
      `${sockets.opened()} sockets, of which ended with ${listed(sockets.ended)}, ${sockets.refused()} refused; ` +
      `of ${requests.sent} requests were sent again: ${listed(requests.again)}`,
  )
  for (const violation of violations) say(`  ${violation}`)
  if (violations.length > 0) throw new Error(`the rolling restart lost something: ${violations[0]}`)
  const gone = [...deployment.processes.API, ...deployment.processes.worker].find((each) => each.hasEnded())
  if (gone) throw new Error(`${gone.name} has ended by itself`)
  return next
}

async function rehearse(place: Place): Promise<void> {
  const release = await build(place)
  const deployed = await deploy(place, release)
  const { orderSn, tradeCode, seen } = await purchase(deployed.town, 'o_first_guest', { thinkMs: 0, stayMs: 0 })
  const states = seen.map(({ status }) => status).join(', ')
  say(`a purchase over wss: ${orderSn} was shown as ${states}, and has the entry code ${tradeCode}`)
  const next = await replaceAll(place, deployed, release)
  const { targets, metrics, rules, paid } = await scrape(place, deployed.deployment.processes, next.version)
  say(
    `Prometheus scrapes ${targets} processes of ${next.version}: ${metrics} metrics, ${paid} payments made, ${rules} rules`,
  )
  const { status, stderr } = testAlerts()
  if (status !== 0) throw new Error(`promtool test rules failed: ${stderr}`)
  say('promtool finds each alert raised beyond its threshold, and none at it')
}

const missing = findMissingPackages()
if (missing.length > 0) {
  process.stderr.write(`The rehearsal needs programs that aren't here: apt-get install ${missing.join(' ')}\n`)
  process.exit(1)
}
const stack = new AsyncDisposableStack()
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!stopping.signal.aborted) say('ending what was started')
    stopping.abort()
  })
}
const place = await findPlace((end) => stack.defer(end), stopping.signal)
const failure = await rehearse(place).then(
  () => undefined,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
)
const isStopped = stopping.signal.aborted
// Guests who are still there give up.
stopping.abort()
await stack.disposeAsync()
if (isStopped) say('The rehearsal was stopped')
else if (failure === undefined) say('The rehearsal succeeded: it can be deployed, and a new version loses nothing')
else say(`The rehearsal failed: ${failure}\nThe logs are in ${place.logs}`)
if (isStopped || failure === undefined) await rm(place.folder, { recursive: true, force: true })
process.exit(failure === undefined && !isStopped ? 0 : 1)
