import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { byName, edges, folderOf, readRepositoryFile, type Source, sources } from './sources.ts'

/** What puts the parts together and runs them; it may import everything, and nothing else may import it. */
const ENTRY_POINTS = [
  'admin.ts',
  'main.ts',
  'start.ts',
  'api.ts',
  'worker.ts',
  'console.ts',
  'background.ts',
  'app.ts',
  'listener.ts',
  'process.ts',
  'sandbox.ts',
]

/** What every folder but `wechat/` may name: settings, what functions get as their first argument, failures, jobs, texts. */
const COMMON = ['config.ts', 'deps.ts', 'errors.ts', 'jobs.ts', 'texts.ts']

/** Whom each file of what is common may import: types alone, except for the configuration, which reads its settings. */
const COMMON_MAY_IMPORT: Record<string, string[]> = {
  'config.ts': ['config', 'wechat'],
  'deps.ts': ['payment', 'wechat', 'infra'],
  'errors.ts': [],
  'jobs.ts': [],
  'texts.ts': [],
}

/** The folders (or a file by itself), top to bottom: each may import itself and what stands below it. */
const LEVELS = [
  ['console'],
  ['http', 'doctor', 'admin'],
  ['act'],
  ['timeline'],
  ['order'],
  ['notification', 'webhook', 'bill'],
  ['payment'],
  ['user', 'homestay', 'operator'],
  ['graphql'],
  ['infra', 'config'],
  ['wechat'],
  ['infra/shanghai.ts'],
]

/** The rooms of `payment/`, top to bottom, likewise; the files right in `payment/` stand below all of them. */
const ROOMS = ['review', 'attempt', 'outbox', 'refund', 'settlement']

/** What stands beside these rooms: whom it may import of `payment/` besides itself. */
const BESIDE_ROOMS: Record<string, string[]> = {
  'graphql.ts': ['attempt', 'live', 'root files'],
  live: ['root files'],
  'root files': [],
}

const NOUNS = ['order', 'payment', 'user', 'homestay', 'notification', 'operator', 'webhook', 'bill']

const isInside = (path: string) => !path.startsWith('..')
const isEntryPoint = ({ path }: Source) => ENTRY_POINTS.includes(path)
const isCommon = ({ path }: Pick<Source, 'path'>) => COMMON.includes(path)
/** A noun's GraphQL face. */
const isGraphqlFace = (path: string) => NOUNS.includes(folderOf(path)) && /^graphql(-.*)?\.ts$/.test(basename(path))

/** 0 is the top; undefined for what has no level. */
function levelOf(path: string): number | undefined {
  const own = LEVELS.findIndex((level) => level.includes(path))
  const level = own === -1 ? LEVELS.findIndex((each) => each.includes(folderOf(path))) : own
  return level === -1 ? undefined : level
}

function mayImport(path: string, target: string): boolean {
  const [from, to] = [levelOf(path), levelOf(target)]
  if (from === undefined) return false
  if (to === undefined) return COMMON.includes(target) && folderOf(path) !== 'wechat'
  return from < to || (from === to && folderOf(path) === folderOf(target))
}

/** The room of a file of `payment/`. */
function roomOf(path: string): string {
  const [, room = '', ...rest] = path.split('/')
  if (isGraphqlFace(path)) return 'graphql.ts'
  return rest.length > 0 ? room : 'root files'
}

function mayEnter(room: string, target: string): boolean {
  if (room === target) return true
  const beside = BESIDE_ROOMS[room]
  if (beside) return beside.includes(target)
  return target === 'root files' || (ROOMS.includes(target) && ROOMS.indexOf(room) < ROOMS.indexOf(target))
}

describe('who imports whom', () => {
  test('every import of every file is read', () => {
    expect(sources.length).toBeGreaterThan(150)
    expect(edges(sources)).toEqual(
      expect.arrayContaining([
        'app.ts -> order/payable.ts',
        'http/graphql/schema.ts -> order/graphql.ts',
        'order/booking.ts -> deps.ts',
        'infra/embedded-postgres/postmaster.ts -> infra/setup-error.ts',
      ]),
    )
  })

  test('imports go downwards only, from level to level', () => {
    const placed = sources.filter((source) => !isEntryPoint(source) && !isCommon(source))
    const upwards = edges(placed, (target, { path }) => isInside(target) && !mayImport(path, target))
    expect(upwards, `imports go down this line only: ${LEVELS.map((level) => level.join(', ')).join(' -> ')}`).toEqual(
      [],
    )
  })

  test('imports inside payment/ go downwards only, from room to room', () => {
    const payment = sources.filter(({ folder }) => folder === 'payment')
    const upwards = edges(
      payment,
      (target, { path }) => folderOf(target) === 'payment' && !mayEnter(roomOf(path), roomOf(target)),
    )
    const rooms = [...ROOMS, 'root files'].join(' -> ')
    expect(upwards, `imports go down this line only: ${rooms}; graphql.ts -> attempt, live`).toEqual([])
  })

  test('config.ts, deps.ts, errors.ts, jobs.ts and texts.ts import few folders, and types alone', () => {
    const common = sources.filter(isCommon)
    const isAllowed = (path: string, target: string) =>
      isCommon({ path: target }) || COMMON_MAY_IMPORT[path]?.includes(folderOf(target)) === true
    expect(edges(common, (target, { path }) => isInside(target) && !isAllowed(path, target))).toEqual([])
    const values = common
      .filter(({ path }) => path !== 'config.ts')
      .flatMap(({ path, code }) =>
        [...code.matchAll(/^import (?!type)(?!.*from '[a-z@]).*$/gm)].map(([line]) => `${path}: ${line}`),
      )
    expect(values).toEqual([])
  })

  test('every folder, every room and every file right in src/ has a place', () => {
    const folders = new Set(sources.map(({ folder }) => folder).filter((folder) => folder !== ''))
    const placed = LEVELS.flat().filter((each) => !each.includes('/'))
    expect([...folders].toSorted(byName)).toEqual(placed.toSorted(byName))
    const rooms = new Set(sources.filter(({ folder }) => folder === 'payment').map(({ path }) => roomOf(path)))
    expect([...rooms].toSorted(byName)).toEqual([...ROOMS, ...Object.keys(BESIDE_ROOMS)].toSorted(byName))
    const files = sources.filter(({ folder }) => folder === '').map(({ path }) => path)
    expect(files.toSorted(byName)).toEqual([...ENTRY_POINTS, ...COMMON].toSorted(byName))
    expect(Object.keys(COMMON_MAY_IMPORT)).toEqual(COMMON)
  })

  test('only entry points import entry points', () => {
    const others = sources.filter((source) => !isEntryPoint(source))
    expect(edges(others, (target) => ENTRY_POINTS.includes(target))).toEqual([])
  })

  test('payment/ names no kind of order, except in its list of service types', () => {
    const payment = sources.filter(({ folder }) => folder === 'payment')
    const knowing = payment.filter(({ code }) => /homestay/i.test(code)).map(({ path }) => path)
    expect(knowing).toEqual(['payment/service-types.ts'])
  })

  test('only the graphql*.ts of a noun import GraphQL', () => {
    const inside = sources.filter(({ path, folder }) => NOUNS.includes(folder) && !isGraphqlFace(path))
    expect(edges(inside, (target) => folderOf(target) === 'graphql' || isGraphqlFace(target))).toEqual([])
  })

  test('infra/ knows of the business only settings, expected failures, texts and jobs', () => {
    const infra = sources.filter(({ folder }) => folder === 'infra')
    expect(edges(infra, (target) => isInside(target) && folderOf(target) !== 'infra').toSorted(byName)).toEqual([
      'infra/queue.ts -> errors.ts',
      'infra/queue.ts -> jobs.ts',
      'infra/texts.ts -> texts.ts',
      'infra/time-limit.ts -> errors.ts',
      'infra/token-store.ts -> wechat/access-token.ts',
      'infra/tracing/spans.ts -> errors.ts',
      'infra/wait.ts -> errors.ts',
      'infra/wait.ts -> texts.ts',
      'infra/wechat-binding.ts -> config.ts',
      'infra/wechat-binding.ts -> errors.ts',
      'infra/wechat-calls.ts -> wechat/watch.ts',
    ])
  })
})

/** The tables that each folder alone writes, by their names in Prisma and in SQL. */
const OWNERS: Record<string, { models: string[]; tables: string[] }> = {
  payment: {
    models: ['payment', 'refund', 'paymentEvent', 'paymentListener', 'paymentMismatch', 'eventStream'],
    tables: ['payment', 'refund', 'payment_event', 'payment_listener', 'payment_mismatch', 'event_stream'],
  },
  order: { models: ['homestayOrder', 'wrongCodes'], tables: ['homestay_order', 'wrong_codes'] },
  notification: { models: ['message', 'messageConsent'], tables: ['message', 'message_consent'] },
  webhook: {
    models: ['webhookEndpoint', 'webhookDelivery'],
    tables: ['webhook_endpoint', 'webhook_delivery'],
  },
  bill: { models: ['billDay', 'billRow', 'billDifference'], tables: ['bill_day', 'bill_row', 'bill_difference'] },
  operator: {
    models: ['operatorAct', 'operator', 'operatorLink', 'operatorSession'],
    tables: ['operator_act', 'operator', 'operator_link', 'operator_session'],
  },
  user: { models: ['user', 'wechatIdentity', 'session'], tables: ['user', 'wechat_identity', 'session'] },
  infra: {
    models: ['accessToken', 'sharedRate', 'wechatBinding', 'wechatCall', 'worker'],
    tables: ['access_token', 'shared_rate', 'wechat_binding', 'wechat_call', 'worker'],
  },
}

/** The tables that no code of ours writes: the demo data makes rows, and a merchant's own system does. */
const READ_ONLY = { models: ['homestay', 'homestayBusiness'], tables: ['homestay', 'homestay_business'] }

function findWrites({ models, tables }: { models: string[]; tables: string[] }): { path: string; folder: string }[] {
  const byPrisma = `\\.(${models.join('|')})\\s*\\.(create|update|upsert|delete)`
  const bySql = `(UPDATE|INSERT INTO|DELETE FROM)\\s+"?(${tables.join('|')})\\b`
  const writes = new RegExp(`${byPrisma}|${bySql}`)
  return sources.filter(({ code }) => writes.test(code))
}

describe('who writes what', () => {
  test.for(Object.entries(OWNERS))('only %s/ writes its tables', ([owner, names]) => {
    const writers = findWrites(names)
    expect(writers.length).toBeGreaterThan(0)
    expect(writers.filter(({ folder }) => folder !== owner).map(({ path }) => path)).toEqual([])
  })

  test('nobody writes homestays', () => {
    expect(findWrites(READ_ONLY)).toEqual([])
  })

  test('every table has an owner', () => {
    const schema = readRepositoryFile('prisma/schema.prisma')
    const mapped = [...schema.matchAll(/^model (\w)(\w*) \{$/gm)].map(
      ([, first = '', rest]) => first.toLowerCase() + rest,
    )
    const owned = [...Object.values(OWNERS), READ_ONLY].flatMap(({ models }) => models)
    expect(owned.toSorted(byName)).toEqual(mapped.toSorted(byName))
  })

  test('only payment/change-payment.ts publishes hints, so that every change of a payment is hinted at', () => {
    const publishers = sources.filter(({ code }) => /\bpubsub\s*\.publish\b/.test(code)).map(({ path }) => path)
    // The outage passes them on, or loses them.
    expect(publishers.toSorted(byName)).toEqual(['infra/pubsub-outage.ts', 'payment/change-payment.ts'])
  })

  // The dashboard of the queue takes its only switch from there.
  test('only config reads the environment; commands hand it in, and a program of ours gets its PATH', () => {
    const readers = sources.filter(({ code }) => code.includes('process.env')).map(({ path }) => path)
    expect(readers.toSorted()).toEqual(['console/jobs-dashboard.ts', 'infra/embedded-postgres.ts', 'process.ts'])
  })
})
