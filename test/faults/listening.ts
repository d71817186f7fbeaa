import { createServer, type IncomingMessage } from 'node:http'
import { createClient } from 'graphql-ws'
import { Webhook } from 'standardwebhooks'
import { WebSocket } from 'ws'
import type { PayStatus } from '../../prisma/client/enums.ts'
import { PaymentEventSchema } from '../../src/payment/event.ts'
import { listen as listenOn } from '../harness/listen.ts'
import type { Evidence } from './evidence.ts'
import { pick, type Random } from './random.ts'

const STREAMS_AT_ONCE = 100
const AGAIN_AFTER_MS = 500

/** Guests who watch their payments. */
export interface Listening {
  streams: Evidence['streams']
  /** Subscribes, and again whenever the connection ends before the stream does. Each subscription is a stream of its own. */
  listen(paymentSn: string, accessToken: string): void
  close(): void
}

const WATCH = 'subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { version status } }'

export function openListening(ports: number[], random: Random): Listening {
  const streams: Evidence['streams'] = []
  /** What ends each stream that is open, the oldest first. */
  const open = new Set<() => void>()
  let isClosed = false
  const subscribe = (paymentSn: string, accessToken: string) => {
    if (isClosed) return
    const [oldest] = open
    if (open.size >= STREAMS_AT_ONCE) oldest?.()
    const stream: Evidence['streams'][number] = { paymentSn, seen: [] }
    streams.push(stream)
    const client = createClient({
      url: `ws://127.0.0.1:${pick(random, ports)}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${accessToken}` },
    })
    let hasLeft = false
    const leave = () => {
      hasLeft = true
      open.delete(leave)
      // It rejects with a connection that is being opened and fails.
      Promise.resolve(client.dispose()).catch(() => {})
    }
    const ended = (isComplete: boolean) => {
      if (!hasLeft && !isComplete) setTimeout(subscribe, AGAIN_AFTER_MS, paymentSn, accessToken).unref()
      leave()
    }
    open.add(leave)
    client.subscribe<{ paymentStatusChanged: { version: number; status: PayStatus } }>(
      { query: WATCH, variables: { sn: paymentSn } },
      {
        next: ({ data }) => {
          if (data) stream.seen.push({ ...data.paymentStatusChanged, at: Date.now() })
        },
        error: () => ended(false),
        complete: () => ended(true),
      },
    )
  }
  return {
    streams,
    listen: subscribe,
    close: () => {
      isClosed = true
      for (const leave of open) leave()
    },
  }
}

/** Another service, which takes events as webhooks. */
interface Service {
  url: string
  received: Evidence['received']
  /** Verifies what comes from here on by this secret; until then it refuses everything. */
  trust(secret: string): void
  close(): void
}

/** Of the calls, drawn at random: services fail. */
const FAILING_SHARE = 0.05

export async function openService(random: Random): Promise<Service> {
  const received: Evidence['received'] = []
  let webhook: Webhook | undefined
  const take = async (request: IncomingMessage): Promise<number> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (!webhook || random() < FAILING_SHARE) return 500
    const verified = webhook.verify(Buffer.concat(chunks).toString('utf8'), request.headers as Record<string, string>)
    const { paymentSn, version, status, previousStatus } = PaymentEventSchema.parse(verified)
    received.push({ paymentSn, version, status, previousStatus, at: Date.now() })
    return 204
  }
  const server = createServer((request, response) => {
    take(request)
      .catch(() => 400)
      .then(
        (status) => response.writeHead(status).end(),
        () => {},
      )
  })
  return {
    url: `http://127.0.0.1:${await listenOn(server)}/events`,
    received,
    trust: (secret) => {
      webhook = new Webhook(secret)
    },
    close: () => server.close().closeAllConnections(),
  }
}
