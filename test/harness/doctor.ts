import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { inject, onTestFinished } from 'vitest'
import { examine } from '../../src/doctor/doctor.ts'
import { type Finding, inLanguage } from '../../src/doctor/finding.ts'
import type { Language } from '../../src/texts.ts'
import type { TestApp } from './app.ts'
import { listen } from './listen.ts'
import { LONG_MS } from './patience.ts'
import { addressOf, throughPort } from './postgres-messages.ts'

/** The environment that the app was configured from, with `change` on top. */
export function environment(app: TestApp, change: Record<string, string> = {}): Record<string, string> {
  return {
    NODE_ENV: 'test',
    SESSION_SECRET: 'a secret of the tests that is long enough',
    REDIS_URL: inject('redisUrl') ?? '',
    ...app.sandbox.env,
    DATABASE_URL: app.databaseUrl,
    ...change,
  }
}

/** Has the doctor see a worker in the database that it examines. */
export async function pretendWorker({ deps }: TestApp, secondsUnseen = 0): Promise<void> {
  await deps.db.$executeRaw`
    INSERT INTO worker (id, "lastSeenAt") VALUES ('pretended', now() - make_interval(secs => ${secondsUnseen}))
    ON CONFLICT (id) DO UPDATE SET "lastSeenAt" = excluded."lastSeenAt"`
}

/** What the doctor finds in this environment, in this language. */
export async function* examineIn(
  language: Language,
  ...input: Parameters<typeof examine>
): AsyncGenerator<Finding<string>, void, undefined> {
  for await (const finding of examine(...input)) yield inLanguage(finding, language)
}

/** What the doctor of this app finds, which has a worker. */
export async function findings(
  app: TestApp,
  change: Record<string, string> = {},
  { noticeWithinMs = LONG_MS, language = 'en' }: { noticeWithinMs?: number; language?: Language } = {},
) {
  await pretendWorker(app)
  const found: Finding<string>[] = []
  for await (const finding of examineIn(language, environment(app, change), noticeWithinMs)) found.push(finding)
  return found
}

/** What the doctor finds wrong, each with its remedy. */
export async function wrong(app: TestApp, change: Record<string, string>, noticeWithinMs?: number) {
  const found = await findings(app, change, { noticeWithinMs })
  return found.filter(({ result }) => result === 'wrong').map(({ check, remedy }) => `${check}: ${remedy}`)
}

/** A server that gives every request the same answer. */
export async function serve(answer: { status: number; date?: string; body?: string }): Promise<string> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(answer.status, answer.date === undefined ? {} : { date: answer.date }).end(answer.body ?? '{}')
  })
  const port = await listen(server)
  onTestFinished(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${port}`
}

/** A server that takes connections and never says anything. */
export async function serveSilence(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A proxy to a database that forwards nothing after `stall`, though its connections stay open. */
export async function serveStalling(databaseUrl: string): Promise<{ url: string; stall: () => void }> {
  const upstreamOf = addressOf(databaseUrl)
  const pairs: [Socket, Socket][] = []
  const server = createServer((client) => {
    const upstream = upstreamOf()
    pairs.push([client.on('error', () => {}), upstream.on('error', () => {})])
    client.pipe(upstream).pipe(client)
  })
  const port = await listen(server)
  onTestFinished(() => {
    for (const socket of pairs.flat()) socket.destroy()
    server.close()
  })
  const stall = () => {
    for (const [client, upstream] of pairs) client.unpipe(upstream.unpipe(client))
  }
  return { url: throughPort(databaseUrl, port), stall }
}
