import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Payment } from '../../prisma/client/client.ts'
import { openPubsub, type PaymentHint, type Pubsub } from '../../src/infra/pubsub.ts'
import { serveStalling } from '../harness/doctor.ts'
import { listen } from '../harness/listen.ts'

const log = pino({ level: 'silent' })
const folder = mkdtempSync(join(tmpdir(), 'pubsub-'))
let port: number

beforeAll(async () => {
  port = await freePort()
})
afterAll(() => rmSync(folder, { recursive: true }))

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  return port
}

async function startRedis(): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void redis.kill('SIGKILL'))
  let said = ''
  redis.stdout.on('data', (chunk) => (said += String(chunk)))
  await expect.poll(() => said).toContain('Ready to accept connections')
  return redis
}

function open(redisUrl: string | undefined, databaseId = 'ours'): { pubsub: Pubsub; heard: PaymentHint[] } {
  const pubsub = openPubsub({ redisUrl, databaseId, log })
  onTestFinished(() => pubsub.close())
  const heard: PaymentHint[] = []
  pubsub.subscribe((hint) => heard.push(hint))
  return { pubsub, heard }
}

describe('pub/sub in one process', () => {
  test('delivers hints to every listener until it unsubscribes', async () => {
    const { pubsub, heard } = open(undefined)
    const unsubscribe = pubsub.subscribe(() => heard.push({ sn: 'second', version: 0 }))
    pubsub.publish({ sn: 'PA1', version: 1 })
    await expect.poll(() => heard).toHaveLength(2)
    unsubscribe()
    pubsub.publish({ sn: 'PA1', version: 2 })
    await expect.poll(() => heard.at(-1)).toEqual({ sn: 'PA1', version: 2 })
    expect(heard).toHaveLength(3)
  })

  test('says that a payment is wanted for as long as a listener wants it', () => {
    const { pubsub } = open(undefined)
    const unsubscribe = pubsub.subscribe(() => {}, { wants: (sn) => sn === 'PA1' })
    expect([pubsub.wants('PA1'), pubsub.wants('PA2')]).toEqual([true, false])
    unsubscribe()
    expect(pubsub.wants('PA1')).toBe(false)
  })

  test('delivers hints to other listeners when one throws', async () => {
    const { pubsub, heard } = open(undefined)
    pubsub.subscribe(() => {
      throw new Error('a listener that fails')
    })
    const after: PaymentHint[] = []
    pubsub.subscribe((hint) => after.push(hint))
    pubsub.publish({ sn: 'PA1', version: 1 })
    await expect.poll(() => [...heard, ...after]).toHaveLength(2)
  })
})

describe('pub/sub through Redis', { skip: inject('redisUrl') === null }, () => {
  test('delivers hints to other processes, survives a restart of Redis, and reports the reconnect', async () => {
    const url = `redis://127.0.0.1:${port}`
    const first = open(url)
    const second = open(url)
    let reconnects = 0
    second.pubsub.onReconnect(() => (reconnects += 1))

    expect(first.pubsub.connected()).toBe(false)
    first.pubsub.publish({ sn: 'PA0', version: 1 })

    const redis = await startRedis()
    await expect.poll(() => first.pubsub.connected() && second.pubsub.connected()).toBe(true)
    first.pubsub.publish({ sn: 'PA1', version: 1 })
    await expect
      .poll(() => [first.heard, second.heard])
      .toEqual([[{ sn: 'PA1', version: 1 }], [{ sn: 'PA1', version: 1 }]])
    expect(reconnects).toBe(1)

    redis.kill('SIGKILL')
    await expect.poll(() => first.pubsub.connected() || second.pubsub.connected()).toBe(false)
    first.pubsub.publish({ sn: 'PA2', version: 1 })

    await startRedis()
    await expect.poll(() => first.pubsub.connected() && second.pubsub.connected()).toBe(true)
    expect(reconnects).toBe(2)
    first.pubsub.publish({ sn: 'PA3', version: 1 })
    await expect.poll(() => second.heard.map((hint) => hint.sn)).toEqual(['PA1', 'PA3'])
  })

  test('delivers a hint to its own process once, and not again when it comes back through Redis', async () => {
    await startRedis()
    const url = `redis://127.0.0.1:${port}`
    const [own, other] = [open(url), open(url)]
    await expect.poll(() => own.pubsub.connected() && other.pubsub.connected()).toBe(true)
    own.pubsub.publish({ sn: 'PA1', version: 1 })
    await expect.poll(() => other.heard).toHaveLength(1)
    // Redis keeps the order: the copy of the first is back before the second arrives.
    other.pubsub.publish({ sn: 'PA2', version: 1 })
    await expect.poll(() => own.heard.map(({ sn }) => sn)).toContain('PA2')
    expect(own.heard.map(({ sn }) => sn)).toEqual(['PA1', 'PA2'])
  })

  test('hands what was committed to listeners of its own process at once, and to others the hint alone', async () => {
    await startRedis()
    const url = `redis://127.0.0.1:${port}`
    const [own, other] = [open(url), open(url)]
    await expect.poll(() => own.pubsub.connected() && other.pubsub.connected()).toBe(true)
    const payment = { sn: 'PA1', version: 1, status: 'SUCCESS' } as Payment
    const here: unknown[] = []
    const there: unknown[] = []
    own.pubsub.subscribe((...heard) => here.push(...heard))
    other.pubsub.subscribe((...heard) => there.push(...heard))

    own.pubsub.publish({ sn: 'PA1', version: 1 }, payment)
    expect(here).toEqual([{ sn: 'PA1', version: 1 }, payment])
    await expect.poll(() => there).toEqual([{ sn: 'PA1', version: 1 }])
  })

  test('notices that Redis is frozen, waits for nothing, and reports when it goes on', async () => {
    const redis = await startRedis()
    const { pubsub, heard } = open(`redis://127.0.0.1:${port}`)
    let reconnects = 0
    pubsub.onReconnect(() => (reconnects += 1))
    await expect.poll(() => pubsub.connected()).toBe(true)

    redis.kill('SIGSTOP')
    await expect.poll(() => pubsub.connected()).toBe(false)
    pubsub.publish({ sn: 'PA1', version: 1 })
    expect(reconnects).toBe(1)

    redis.kill('SIGCONT')
    await expect.poll(() => pubsub.connected()).toBe(true)
    expect(reconnects).toBe(2)
    pubsub.publish({ sn: 'PA2', version: 1 })
    await expect.poll(() => heard.map((hint) => hint.sn)).toEqual(['PA2'])
  })

  test('replaces connections that are dead and don’t say so', async () => {
    await startRedis()
    const { url, stall } = await serveStalling(`redis://127.0.0.1:${port}`)
    const { pubsub } = open(url)
    let reconnects = 0
    pubsub.onReconnect(() => (reconnects += 1))
    await expect.poll(() => reconnects).toBe(1)

    stall()
    // It is away for a moment only.
    await expect.poll(() => reconnects).toBeGreaterThan(1)
    await expect.poll(() => pubsub.connected()).toBe(true)
  })

  test('keeps the hints of two databases apart', async () => {
    await startRedis()
    const url = `redis://127.0.0.1:${port}`
    const [ours, theirs, alsoOurs] = [open(url, 'ours'), open(url, 'theirs'), open(url, 'ours')]
    const all = [ours, theirs, alsoOurs]
    await expect.poll(() => all.every(({ pubsub }) => pubsub.connected())).toBe(true)

    ours.pubsub.publish({ sn: 'PA1', version: 1 })
    theirs.pubsub.publish({ sn: 'PA2', version: 1 })

    await expect.poll(() => all.map(({ heard }) => heard.map(({ sn }) => sn))).toEqual([['PA1'], ['PA2'], ['PA1']])
  })

  test('sends the hints of one moment in few messages, and delivers each', async () => {
    await startRedis()
    const url = `redis://127.0.0.1:${port}`
    const [first, second] = [open(url), open(url)]
    await expect.poll(() => first.pubsub.connected() && second.pubsub.connected()).toBe(true)
    const listener = new Redis(url)
    onTestFinished(() => listener.disconnect())
    const messages: string[] = []
    await listener.subscribe('looklook-pay:ours')
    listener.on('message', (_channel, text) => messages.push(text))

    const hints = Array.from({ length: 250 }, (_, nth) => ({ sn: `PA${nth}`, version: nth }))
    // As everybody goes on at the same moment who waited for the same commit.
    await Promise.all(hints.map(async (hint) => first.pubsub.publish(await Promise.resolve(hint))))

    await expect.poll(() => [first.heard, second.heard]).toEqual([hints, hints])
    const sets = () =>
      messages
        .map((text): unknown => (text.includes('"sn"') ? JSON.parse(text) : []))
        .filter((set) => Array.isArray(set) && set.length > 0)
    await expect.poll(() => sets().flat()).toEqual(hints)
    expect(sets()).toHaveLength(3)
  })

  test('tells other processes which sessions ended, however many', async () => {
    await startRedis()
    const [first, second] = [open(`redis://127.0.0.1:${port}`), open(`redis://127.0.0.1:${port}`)]
    const ended: string[] = []
    second.pubsub.onEndedSessions((sessionIds) => ended.push(...sessionIds))
    await expect.poll(() => first.pubsub.connected() && second.pubsub.connected()).toBe(true)

    const sessionIds = Array.from({ length: 250 }, (_, index) => `session-${index}`)
    first.pubsub.publishEndedSessions(sessionIds)

    await expect.poll(() => ended).toEqual(sessionIds)
    expect(second.heard).toEqual([])
  })
})
