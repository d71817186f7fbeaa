import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { type PaymentEvent, PaymentEventSchema } from '../../src/payment/event.ts'
import { expect } from './app.ts'
import { hasProgram } from './programs.ts'

export const hasKcat = hasProgram('kcat', { args: ['-V'], without: 'the tests that need a Kafka are skipped' })

interface Consumed {
  key: string
  event: PaymentEvent
}

/**
 * The mock cluster of librdkafka, which speaks Kafka's protocol, and a consumer of the topic, in one process of kcat. It keeps
 * its messages in memory alone: a broker's own durability isn't tested here.
 */
export interface TestKafka {
  broker: string
  /** What the consumer has, in the order of its partitions. */
  consumed: Consumed[]
  /** Freezes the broker, with its connections open. */
  freeze(): void
  thaw(): void
}

/** @param mostBytes what it takes in one request; it closes the connection of a longer one. */
export async function openTestKafka(topic: string, { mostBytes }: { mostBytes?: number } = {}): Promise<TestKafka> {
  const limits = mostBytes === undefined ? [] : ['receive.message.max.bytes', 'fetch.max.bytes', 'message.max.bytes']
  const args = [
    '-C',
    '-u',
    '-q',
    '-t',
    topic,
    '-X',
    'test.mock.num.brokers=1',
    ...limits.flatMap((name) => ['-X', `${name}=${name.startsWith('receive') ? mostBytes : Number(mostBytes) / 2}`]),
    '-d',
    'mock',
    '-b',
    'mock',
    // A broker that is frozen for a minute looks dead to its own consumer, which must not end for that.
    '-E',
    '-f',
    '%k %s\n',
  ]
  const kcat = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => end(kcat))
  const consumed: Consumed[] = []
  let rest = ''
  kcat.stdout.on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    consumed.push(...lines.map(readLine))
  })
  let said = ''
  kcat.stderr.on('data', (chunk) => {
    if (said.length < 10_000) said += String(chunk)
  })
  const address = () => /bootstrap\.servers=(127\.0\.0\.1:\d+)/.exec(said)?.[1]
  await expect.poll(address).toBeDefined()
  return {
    broker: address() ?? '',
    consumed,
    freeze: () => void kcat.kill('SIGSTOP'),
    thaw: () => void kcat.kill('SIGCONT'),
  }
}

async function end(kcat: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => kcat.once('close', resolve))
  kcat.kill('SIGKILL')
  await ended
}

function readLine(line: string): Consumed {
  const [key = '', ...value] = line.split(' ')
  return { key, event: PaymentEventSchema.parse(JSON.parse(value.join(' '))) }
}
