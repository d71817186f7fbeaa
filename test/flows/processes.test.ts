import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { openSandbox } from '@looklook-pay/sandbox'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { openDataDir } from '../../src/infra/data-dir.ts'
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres.ts'
import { migrate } from '../../src/infra/migrate.ts'
import { planDatabase } from '../harness/empty-database.ts'
import {
  commands,
  createDataDir,
  type Ended,
  findPostmaster,
  isAlive,
  readiness,
  removeDataDir,
  run,
  sendOperation,
  start,
} from '../harness/processes.ts'
import { makeScratch } from '../harness/scratch.ts'

/** A data folder after a start, copied for each test: creating a cluster takes a second. */
let started: string

beforeAll(async () => {
  started = await makeScratch('looklook-flow-')
  const dataDir = openDataDir(started)
  const postgres = await startEmbeddedPostgres({ dataDir: started, log: pino({ level: 'silent' }) })
  await migrate(postgres.url, { log: pino({ level: 'silent' }) })
  await postgres.stop()
  dataDir.close()
})
afterAll(() => removeDataDir(started))

const PEACEFUL = { code: 0, signal: null }

/** Half of a notice: a request that is in progress until the rest is sent. */
async function beginNotice(url: string): Promise<{ socket: Socket; finish(): Promise<string> }> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  onTestFinished(() => void socket.destroy())
  let answer = ''
  socket.on('data', (chunk) => (answer += String(chunk)))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  const head = ['POST /wechat/pay/notify HTTP/1.1', 'host: test', 'content-type: application/json', 'content-length: 2']
  socket.write(`${head.join('\r\n')}\r\n\r\n{`)
  // A later request has been answered, so this one has arrived.
  expect((await readiness(url)).status).toBe(200)
  return {
    socket,
    finish: async () => {
      socket.write('}')
      await closed
      return answer
    },
  }
}

async function refusesConnections(url: string): Promise<boolean> {
  return (await readiness(url)).status === 0
}

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes requests in progress after %s, and exits with 0',
    async (signal) => {
      const dataDir = await createDataDir({ like: started })
      const server = await start(dataDir)
      const notice = await beginNotice(server.url)

      server.signal(signal)
      await expect.poll(() => refusesConnections(server.url)).toBe(true)
      expect(await notice.finish()).toMatch(/^HTTP\/1.1 401 [^]*"code":"FAIL"/)
      expect(await server.ended).toEqual(PEACEFUL)
      expect(findPostmaster(dataDir)).toBeUndefined()
    },
  )

  test('stops everything after a signal to npm alone, closing WebSockets with 1001', async () => {
    const dataDir = await createDataDir({ like: started })
    const server = await start(dataDir, { command: ['npm', 'start'] })
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('open', resolve))

    server.signal('SIGTERM')
    expect(await closed).toBe(1001)
    expect(await server.ended).toEqual(PEACEFUL)
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  test('exits at once after a second signal, although a request is in progress', async () => {
    const dataDir = await createDataDir({ like: started })
    const server = await start(dataDir)
    await beginNotice(server.url)

    server.signal('SIGTERM')
    await expect.poll(() => refusesConnections(server.url)).toBe(true)
    let ended: Ended | undefined
    void server.ended.then((end) => (ended = end))
    const again = () => {
      if (ended === undefined) server.signal('SIGTERM')
      return ended
    }
    await expect.poll(again, { interval: 100 }).toBeDefined()
    // A stop that takes too long is logged, and the process exits with 0.
    expect(ended).toEqual({ code: 1, signal: null })
    expect(server.output()).not.toContain('the stop takes too long')
  })

  test('exits with 0 after a signal while it waits for its database', async () => {
    const server = run(commands.start, {
      env: {
        DATA_DIR: await createDataDir({ like: started }),
        PORT: '0',
        SANDBOX_PORT: '0',
        DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
      },
    })
    await server.says(/server unavailable, trying again/)
    server.signal('SIGTERM')
    expect(await server.ended).toEqual(PEACEFUL)
  })
})

describe('a kill', () => {
  test('loses nothing when the process and its database are killed', async () => {
    const dataDir = await createDataDir({ like: started })
    const first = await start(dataDir)
    const token = await signIn(first.url)
    const postmaster = findPostmaster(dataDir)
    if (postmaster === undefined) throw new Error('no database runs')
    first.signal('SIGKILL')
    process.kill(postmaster, 'SIGKILL')
    await first.ended

    const second = await start(dataDir)
    expect(await sendOperation(second.url, '{ me { nickname } }', {}, token)).toMatchObject({
      me: { nickname: expect.any(String) },
    })
  })

  test('replaces the database that a killed process left running', async () => {
    const dataDir = await createDataDir({ like: started })
    const first = await start(dataDir)
    const token = await signIn(first.url)
    const leftover = findPostmaster(dataDir)
    first.signal('SIGKILL')
    await first.ended
    expect(leftover !== undefined && isAlive(leftover)).toBe(true)

    const second = await start(dataDir)
    expect(findPostmaster(dataDir)).not.toBe(leftover)
    expect(await sendOperation(second.url, '{ me { nickname } }', {}, token)).toMatchObject({
      me: { nickname: expect.any(String) },
    })
  })

  test('restarts a killed database without a restart of the process', async () => {
    const dataDir = await createDataDir({ like: started })
    const server = await start(dataDir)
    const token = await signIn(server.url)
    const postmaster = findPostmaster(dataDir)
    if (postmaster === undefined) throw new Error('no database runs')
    process.kill(postmaster, 'SIGKILL')
    await server.says(/embedded PostgreSQL exited/)
    await expect.poll(() => readiness(server.url)).toMatchObject({ status: 200 })
    const me = () => sendOperation(server.url, '{ me { nickname } }', {}, token).catch(String)
    await expect.poll(me).toMatchObject({ me: { nickname: expect.any(String) } })
  })

  test('recreates a database whose creation was killed', async () => {
    const dataDir = await createDataDir()
    mkdirSync(join(dataDir, 'postgres.unfinished', 'base'), { recursive: true })
    writeFileSync(join(dataDir, 'postgres.unfinished', 'PG_VERSION'), '18\n')
    await start(dataDir)
    expect(existsSync(join(dataDir, 'postgres.unfinished'))).toBe(false)
  })

  test('starts although another process has the pid of the killed database, and leaves that process alone', async () => {
    const dataDir = await createDataDir({ like: started })
    const first = await start(dataDir)
    first.signal('SIGTERM')
    await first.ended
    const unrelated = run(['sleep', '600'])
    const file = join(dataDir, 'postgres', 'postmaster.pid')
    writeFileSync(file, `${unrelated.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n\n\n\nready\n`)

    await start(dataDir)
    expect(readFileSync(file, 'utf8')).not.toContain(`${unrelated.pid}\n`)
    expect(isAlive(unrelated.pid)).toBe(true)
  })
})

async function signIn(url: string): Promise<string> {
  const query = 'mutation { wxLogin(input: { code: "code-o_guest" }) { ... on Session { accessToken } } }'
  const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(url, query)
  return wxLogin.accessToken
}

describe('a start that fails', () => {
  test.each([
    ['PORT', 'SANDBOX_PORT', 'HTTP'],
    ['SANDBOX_PORT', 'PORT', 'sandbox'],
  ])('names the port, its setting and the step when %s is in use', async (taken, free, step) => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await new Promise((resolve) => other.once('listening', resolve))
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? String(address.port) : ''

    const dataDir = await createDataDir({ like: started })
    const server = run(commands.start, { env: { DATA_DIR: dataDir, [taken]: port, [free]: '0' } })
    expect(await server.ended).toEqual({ code: 1, signal: null })
    expect(server.output()).toMatch(new RegExp(`Port ${port}.* in use: set ${taken} to another`))
    expect(server.output()).toContain(`The start failed at this step: ${step}\n`)
    expect(server.output()).not.toContain('    at ')
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  test('names the data folder and its setting when it is not writable', async () => {
    const file = join(await createDataDir({ like: started }), 'file')
    writeFileSync(file, '')
    for (const folder of [join(file, 'data'), '/proc/looklook-pay']) {
      const server = run(commands.start, { env: { DATA_DIR: folder, PORT: '0', SANDBOX_PORT: '0' } })
      expect(await server.ended).toEqual({ code: 1, signal: null })
      expect(server.output()).toContain(`${folder} can't be written`)
      expect(server.output()).toContain('DATA_DIR')
      expect(server.output()).not.toContain('    at ')
    }
  })

  test('refuses to start with a data folder that another process has locked, and leaves it alone', async () => {
    const dataDir = await createDataDir({ like: started })
    const first = await start(dataDir)
    const second = run(commands.start, { env: { DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0' } })
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.output()).toContain(`Another process already uses ${dataDir}`)
    expect(await readiness(first.url)).toMatchObject({ status: 200 })
  })

  test.each([
    ['api', ['DATABASE_URL', 'REDIS_URL', 'SESSION_SECRET', 'WECHAT_APP_ID', 'WECHAT_PAY_NOTIFY_URL', 'LOG_LEVEL']],
    ['worker', ['DATABASE_URL', 'REDIS_URL', 'WECHAT_APP_ID', 'WECHAT_PAY_NOTIFY_URL', 'LOG_LEVEL']],
    ['migrate', ['DATABASE_URL', 'LOG_LEVEL']],
  ] as const)('names every wrong setting of %s, and no value', async (role, names) => {
    const server = run(commands[role], { env: { DATABASE_URL: 'mysql://hunter2', LOG_LEVEL: 'hunter2' } })
    expect(await server.ended).toEqual({ code: 1, signal: null })
    for (const name of names) expect(server.output()).toContain(`\n  ${name} `)
    expect(server.output()).not.toContain('hunter2')
  })
})

describe('the processes of a deployment', () => {
  test('waits for the database and its migration, and starts without Redis as degraded', async () => {
    const database = planDatabase()
    const env = { ...(await sandboxEnv()), DATABASE_URL: database.url, PORT: '0' }
    const secret = 'a secret of the tests that is long enough'
    const away = { ...env, REDIS_URL: 'redis://127.0.0.1:1' }
    const api = run(commands.api, { env: { ...away, SESSION_SECRET: secret, LOG_LEVEL: 'info' } })
    const worker = run(commands.worker, { env: away })
    const missing = /DATABASE_URL names does not exist yet: create it/
    await Promise.all([api.says(missing), worker.says(missing)])

    await database.create()
    const migrations = [1, 2, 3].map(() => run(commands.migrate, { env: { DATABASE_URL: database.url } }))
    expect(await Promise.all(migrations.map((each) => each.ended))).toEqual([PEACEFUL, PEACEFUL, PEACEFUL])

    const [, apiUrl = ''] = await api.says(/ready at (\S+)\/graphql/)
    const [, workerUrl = ''] = await worker.says(/ready; (\S+)\/readyz/)
    const degraded = { status: 200, body: { status: 'degraded', database: 'ok', redis: 'away', workers: 'ok' } }
    for (const url of [apiUrl, workerUrl]) await expect.poll(() => readiness(url)).toEqual(degraded)
    expect((await fetch(`${apiUrl}/metrics`).then((response) => response.text())).length).toBeGreaterThan(1_000)

    for (const each of [api, worker]) each.signal('SIGTERM')
    expect(await Promise.all([api.ended, worker.ended])).toEqual([PEACEFUL, PEACEFUL])
  })

  test('says in one line that the database refuses the user: the migration exits, the API tries again', async () => {
    const url = new URL(planDatabase().url)
    url.username = 'nobody'
    url.password = 'hunter2'
    const refusal = 'the database refuses this user: check DATABASE_URL (role "nobody" does not exist)'

    const migration = run(commands.migrate, { env: { DATABASE_URL: url.href } })
    expect(await migration.ended).toEqual({ code: 1, signal: null })
    expect(migration.output()).toBe(`${refusal}\n`)

    const secret = 'a secret of the tests that is long enough'
    const env = { ...(await sandboxEnv()), REDIS_URL: 'redis://127.0.0.1:1', SESSION_SECRET: secret, PORT: '0' }
    const api = run(commands.api, { env: { ...env, DATABASE_URL: url.href } })
    const [said] = await api.says(/.*trying again.*/)
    expect(JSON.parse(said)).toMatchObject({ reason: refusal, msg: 'start not possible yet, trying again' })
    api.signal('SIGTERM')
    expect(await api.ended).toEqual(PEACEFUL)
    expect(api.output()).not.toContain('hunter2')
  })
})

async function sandboxEnv(): Promise<Record<string, string>> {
  const sandbox = await openSandbox({
    credentials: inject('credentials'),
    notifyUrl: 'http://127.0.0.1:4000/wechat/pay/notify',
  })
  onTestFinished(() => sandbox.close())
  return { NODE_ENV: 'development', ...sandbox.env }
}
