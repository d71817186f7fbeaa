import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../src', import.meta.url))

interface Source {
  /** From `src/`, like `order/booking.ts`. */
  path: string
  /** The folder that it belongs to; empty for a file right in `src/`. */
  folder: string
  /** What it imports of `src/`, types included. */
  imports: string[]
  text: string
  /** Without comments. */
  code: string
}

const sources: Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(read)

function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const imports = [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']+)'/g)]
    .map(([, target = '']) => normalize(join(dirname(path), target)))
    .filter((target) => !target.startsWith('..'))
  return { path, folder: path.includes('/') ? (path.split('/')[0] ?? '') : '', imports, text, code }
}

/** Every import as `who -> whom`, of the files and targets that the two conditions pick. */
function edges(from: (source: Source) => boolean, to: (target: string, source: Source) => boolean): string[] {
  return sources
    .filter(from)
    .flatMap((source) =>
      source.imports.filter((target) => to(target, source)).map((target) => `${source.path} -> ${target}`),
    )
}

const byName = (a = '', b = '') => (a < b ? -1 : 1)

const folderOf = (target: string) => (target.includes('/') ? (target.split('/')[0] ?? '') : '')

/** What puts the parts together and runs them; it may import everything. */
const ENTRY_POINTS = ['main.ts', 'api.ts', 'worker.ts', 'background.ts', 'app.ts', 'process.ts', 'sandbox.ts']

/** What everybody may name: settings, what functions get as their first argument, expected failures, jobs. */
const COMMON = ['config.ts', 'deps.ts', 'errors.ts', 'jobs.ts']

/** Whom each folder may import besides itself and what is common: folders, or files that are named. */
const MAY_IMPORT: Record<string, string[]> = {
  http: ['payment', 'wechat', 'infra'],
  // An echo's notice is kept like any that is for a person; the doctor, who sent it, dismisses it.
  doctor: ['payment', 'wechat', 'infra'],
  order: ['notification', 'payment', 'user', 'homestay', 'wechat', 'infra', 'graphql'],
  notification: ['payment', 'user', 'homestay', 'wechat', 'infra', 'graphql'],
  payment: ['user', 'homestay', 'wechat', 'infra', 'graphql'],
  user: ['wechat', 'infra', 'graphql'],
  homestay: ['wechat', 'infra', 'graphql'],
  graphql: ['infra'],
  infra: ['wechat'],
  config: ['wechat'],
  wechat: [],
}

/** Whom each file of what is common may import: types alone, except for the configuration, which reads its settings. */
const COMMON_MAY_IMPORT: Record<string, string[]> = {
  'config.ts': ['config', 'wechat'],
  'deps.ts': ['payment', 'wechat', 'infra'],
  'errors.ts': [],
  'jobs.ts': [],
}

/** Files of `graphql/` that stand above the nouns and join them. */
const JOINS_NOUNS = ['graphql/schema.ts', 'graphql/server.ts']

const isEntryPoint = ({ path }: Source) => ENTRY_POINTS.includes(path)
const isFace = ({ path, folder }: Source) => folder === 'http' || JOINS_NOUNS.includes(path)
const isEdge = (path: string) => /^(graphql|handlers)(-.*)?\.ts$/.test(basename(path))

describe('who imports whom', () => {
  test('is read from all files and every form of import', () => {
    expect(sources.length).toBeGreaterThan(150)
    expect(
      edges(
        () => true,
        () => true,
      ),
    ).toEqual(
      expect.arrayContaining([
        'app.ts -> order/payable.ts',
        'graphql/schema.ts -> order/graphql.ts',
        'order/booking.ts -> deps.ts',
        'infra/embedded-postgres/postmaster.ts -> infra/setup-error.ts',
      ]),
    )
  })

  test('goes downwards only', () => {
    const upwards = edges(
      (source) => !isEntryPoint(source) && !JOINS_NOUNS.includes(source.path),
      (target, { path, folder }) => {
        const common = folder === 'wechat' ? [] : COMMON
        const folders = folder === '' ? COMMON_MAY_IMPORT[path] : [folder, ...(MAY_IMPORT[folder] ?? [])]
        return ![...common, ...(folders ?? [])].some((allowed) => allowed === target || allowed === folderOf(target))
      },
    )
    expect(upwards).toEqual([])
  })

  test('knows every folder, and every file right in src/', () => {
    const folders = new Set(sources.map(({ folder }) => folder).filter((folder) => folder !== ''))
    expect([...folders].toSorted(byName)).toEqual(Object.keys(MAY_IMPORT).toSorted(byName))
    const files = sources.filter(({ folder }) => folder === '').map(({ path }) => path)
    expect(files.toSorted(byName)).toEqual([...ENTRY_POINTS, ...COMMON].toSorted(byName))
    expect(Object.keys(COMMON_MAY_IMPORT)).toEqual(COMMON)
  })

  test('leaves what is common free of everything but types', () => {
    const common = sources.filter(({ path }) => COMMON.includes(path) && path !== 'config.ts')
    const values = common.flatMap(({ path, code }) =>
      [...code.matchAll(/^import (?!type)(?!.*from '[a-z@]).*$/gm)].map(([line]) => `${path}: ${line}`),
    )
    expect(values).toEqual([])
  })

  test('lets nobody but entry points reach the schema, the server and the HTTP routes', () => {
    const joins = edges(
      (source) => !isEntryPoint(source) && !isFace(source),
      (target) => JOINS_NOUNS.includes(target) || folderOf(target) === 'http' || ENTRY_POINTS.includes(target),
    )
    expect(joins).toEqual([])
  })

  test('keeps GraphQL at the edges of a noun', () => {
    const nouns = ['order', 'payment', 'user', 'homestay', 'notification']
    const inside = edges(
      ({ path, folder }) => nouns.includes(folder) && !isEdge(path),
      (target) => folderOf(target) === 'graphql' || isEdge(target),
    )
    expect(inside).toEqual([])
  })

  test('keeps infra from the business: of what is ours it names settings, expected failures and jobs', () => {
    const known = edges(
      ({ folder }) => folder === 'infra',
      (target) => folderOf(target) !== 'infra',
    )
    expect(known.toSorted()).toEqual([
      'infra/queue.ts -> errors.ts',
      'infra/queue.ts -> jobs.ts',
      'infra/token-store.ts -> wechat/access-token.ts',
      'infra/wechat-binding.ts -> config.ts',
    ])
  })
})

const SANDBOX = 'packages/sandbox'

interface SandboxFile extends Pick<Source, 'path' | 'text' | 'code'> {
  /** What it imports, types included: its own files as paths like `path`, packages by their names. */
  imports: string[]
}

/** Every file of the package, with its path from the root of the project. */
function readSandbox(): SandboxFile[] {
  return readdirSync(join(ROOT, '..', SANDBOX, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(SANDBOX, 'src', name)
      const { text, code } = read(relative('src', path))
      return { path, text, code, imports: specifiersOf(code).map((target) => resolveFrom(path, target)) }
    })
}

function specifiersOf(code: string): string[] {
  return [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)].map(([, target = '']) => target)
}

const resolveFrom = (path: string, target: string) =>
  target.startsWith('.') ? normalize(join(dirname(path), target)) : target

/** One way round, like `a -> b -> a`; undefined when no import leads back to where it began. */
function findCycle(files: SandboxFile[]): string | undefined {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const finished = new Set<string>()
  const follow = (path: string, trail: string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' -> ')
    if (finished.has(path)) return undefined
    for (const target of importsOf.get(path) ?? []) {
      const cycle = follow(target, [...trail, path])
      if (cycle) return cycle
    }
    finished.add(path)
    return undefined
  }
  return files.map(({ path }) => follow(path, [])).find((cycle) => cycle !== undefined)
}

describe('the sandbox package', () => {
  const files = readSandbox()
  const manifest = JSON.parse(readFileSync(join(ROOT, '..', SANDBOX, 'package.json'), 'utf8')) as {
    name: string
    dependencies: Record<string, string>
  }
  const outside = files.flatMap(({ path, imports }) =>
    imports.filter((target) => !target.startsWith(`${SANDBOX}/src/`)).map((target) => ({ path, target })),
  )

  test('packages/sandbox imports its own files, Node.js and its declared dependencies alone', () => {
    expect(files.length).toBeGreaterThan(50)
    const allowed = Object.keys(manifest.dependencies)
    const strangers = outside.filter(({ target }) => !target.startsWith('node:') && !allowed.includes(target))
    expect(strangers.map(({ path, target }) => `${path} -> ${target}`)).toEqual([])
  })

  test('packages/sandbox declares no dependency that it does not import', () => {
    const imported = new Set(outside.map(({ target }) => target).filter((target) => !target.startsWith('node:')))
    expect([...imported].toSorted(byName)).toEqual(Object.keys(manifest.dependencies).toSorted(byName))
  })

  test('packages/sandbox is imported in src by the entry points main.ts and sandbox.ts alone', () => {
    const importers = sources.filter(({ code }) =>
      specifiersOf(code).some((target) => target.startsWith(manifest.name) || target.includes(SANDBOX)),
    )
    expect(importers.map(({ path }) => path).toSorted(byName)).toEqual(['main.ts', 'sandbox.ts'])
  })

  test('packages/sandbox is imported by its name, and by its path from nowhere', () => {
    const folders = ['bench', 'examples', 'scripts', 'src', 'test']
    const byPath = folders.flatMap((folder) =>
      readdirSync(join(ROOT, '..', folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name))
        .filter((path) =>
          specifiersOf(readFileSync(join(ROOT, '..', path), 'utf8')).some((target) =>
            resolveFrom(path, target).startsWith(`${SANDBOX}/`),
          ),
        ),
    )
    expect(byPath).toEqual([])
  })

  test('packages/sandbox has no import cycle, types included', () => {
    expect(findCycle(files)).toBeUndefined()
  })

  test('packages/sandbox has files of at most 250 lines', () => {
    const long = files.filter(({ text }) => text.trimEnd().split('\n').length > 250)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('packages/sandbox has functions of at most 50 lines', () => {
    const functions = files.flatMap((file) => measureFunctions({ ...file, folder: '' }))
    expect(functions.length).toBeGreaterThan(150)
    expect(functions.filter(({ lines }) => lines < 1 || lines > 50)).toEqual([])
  })

  test('packages/sandbox has files named after what they do, and not after their folder', () => {
    const vague = files.filter(({ path }) => {
      const [name, folder] = [basename(path, '.ts'), basename(dirname(path))]
      return /^(index|utils?|helpers?|common|misc)$/.test(name) || name === folder || name.startsWith(`${folder}-`)
    })
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  test('packages/sandbox is checked by the compiler without a way around', () => {
    const around = /:\s*any\b|\bas any\b|<any\b|\bany\[\]|\bas unknown as\b|@ts-(ignore|expect-error|nocheck)/
    expect(files.filter(({ text }) => around.test(text)).map(({ path }) => path)).toEqual([])
  })
})

/** The tables that each folder alone writes, by their names in Prisma and in SQL. */
const OWNERS: Record<string, { models: string[]; tables: string[] }> = {
  payment: {
    models: ['payment', 'refund', 'paymentEvent', 'paymentMismatch'],
    tables: ['payment', 'refund', 'payment_event', 'payment_mismatch'],
  },
  order: { models: ['homestayOrder'], tables: ['homestay_order'] },
  notification: { models: ['message'], tables: ['message'] },
  user: { models: ['user', 'wechatIdentity', 'session'], tables: ['user', 'wechat_identity', 'session'] },
  infra: { models: ['accessToken', 'wechatBinding'], tables: ['access_token', 'wechat_binding'] },
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
    const schema = readFileSync(join(ROOT, '../prisma/schema.prisma'), 'utf8')
    const mapped = [...schema.matchAll(/^model (\w)(\w*) \{$/gm)].map(
      ([, first = '', rest]) => first.toLowerCase() + rest,
    )
    const owned = [...Object.values(OWNERS), READ_ONLY].flatMap(({ models }) => models)
    expect(owned.toSorted(byName)).toEqual(mapped.toSorted(byName))
  })

  test('only config reads the environment; commands hand it in, and a program of ours gets its PATH', () => {
    const readers = sources.filter(({ code }) => code.includes('process.env')).map(({ path }) => path)
    expect(readers.toSorted()).toEqual(['infra/embedded-postgres.ts', 'process.ts'])
  })
})

/** Longer than others, and why. */
const LONG_FOR_A_REASON = [
  // One SQL statement.
  'payment/settle.ts settlePayments',
  // A table of settings without a branch.
  'config/wechat.ts settings',
  // Closures over one life, of a process and of a socket, made of short functions.
  'process.ts runProcess',
  'graphql/socket-protocol.ts createSocketProtocol',
  // The same over the life of a connection and of a view; each gives its few functions one state.
  '../client/src/pay-client.ts createPayClient',
  '../client/src/socket-stream.ts createSharedSocket',
  '../client/src/watch.ts watchPayment',
  'page/guest-payment.js openPayments',
  'page/guest-view.js openPhone',
  'page/guest.js openGuest',
  'page/live.js openLive',
  'page/sandbox.js openSandbox',
  'page/wire.js openWechatProxy',
]

/** Where the compiler is told what it can't know. */
const AROUND_FOR_A_REASON = [
  // The bindings of Prisma's schema engine don't declare what takes the instance.
  'infra/schema-engine.ts',
  // wx.connectSocket as the class that graphql-ws wants.
  '../client/src/wx-socket.ts',
]

/** What browsers and mini-programs run. */
const clientSources: Source[] = ['client/src', 'src/page'].flatMap((folder) =>
  readdirSync(join(ROOT, '..', folder), { encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name))
    .map((name) => read(relative('src', join(folder, name)))),
)

/** Top-level functions and what is assigned one, with their number of lines. */
function measureFunctions({ path, text }: Source): { name: string; lines: number }[] {
  const starts = /^(?:export )?(?:default )?(?:(?:async )?function\*? (\w+)|const (\w+) = .*=> [{(]$)/
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const [, declared, assigned] = starts.exec(line) ?? []
    const name = declared ?? assigned
    if (!name) return []
    const ends = line.endsWith('}') ? 0 : lines.slice(index).findIndex((later) => later === '}' || later === '})')
    return [{ name: `${path} ${name}`, lines: ends + 1 }]
  })
}

describe('the shape of the code', () => {
  test('is files of at most 250 lines', () => {
    const long = [...sources, ...clientSources].filter(({ text }) => text.trimEnd().split('\n').length > 250)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('is functions of at most 50 lines', () => {
    const functions = [...sources, ...clientSources].flatMap(measureFunctions)
    expect(functions.length).toBeGreaterThan(500)
    expect(functions.filter(({ lines }) => lines < 1).map(({ name }) => name)).toEqual([])
    const long = functions.filter(({ lines }) => lines > 50).map(({ name }) => name)
    expect(long.toSorted(byName)).toEqual(LONG_FOR_A_REASON.toSorted(byName))
  })

  test('is files named after what they do', () => {
    const vague = sources.filter(({ path }) => /^(index|utils?|helpers?|common|misc)\.ts$/.test(basename(path)))
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  test('is checked by the compiler without a way around', () => {
    const around = /:\s*any\b|\bas any\b|<any\b|\bany\[\]|\bas unknown as\b/
    const switchedOff = /@ts-(ignore|expect-error|nocheck)/
    const found = [...sources, ...clientSources].filter(
      ({ code, text }) => around.test(code.replaceAll(/'[^'\n]*'/g, '')) || switchedOff.test(text),
    )
    expect(found.map(({ path }) => path).toSorted(byName)).toEqual(AROUND_FOR_A_REASON.toSorted(byName))
  })
})
