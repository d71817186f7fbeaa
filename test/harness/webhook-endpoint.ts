import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { onTestFinished } from 'vitest'
import { type PaymentEvent, PaymentEventSchema } from '../../src/payment/event.ts'
import { addEndpoint } from '../../src/webhook/endpoint.ts'
import type { TestApp } from './app.ts'
import { listen } from './listen.ts'

/** Another service's endpoint, which verifies what it gets by the library of Standard Webhooks. */
export interface WebhookReceiver {
  url: string
  /** The secrets that it accepts: each signature that was sent must be by one of them, and each of them must have signed. */
  secrets: string[]
  /** What it has taken, in the order of arrival. */
  events: PaymentEvent[]
  /** The headers of every call. */
  calls: { id: string; signatures: number }[]
  /** The most calls that it has had in hand at once. */
  mostAtOnce(): number
  /** How it answers from here on; 204 at first. Given the number of calls so far. */
  answer: (response: ServerResponse, calls: number) => void | Promise<void>
}

export async function openReceiver(): Promise<WebhookReceiver> {
  let inHand = 0
  let most = 0
  const server = createServer((request, response) => {
    inHand += 1
    most = Math.max(most, inHand)
    response.once('close', () => (inHand -= 1))
    void receive(receiver, request, response)
  })
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${await listen(server)}/hook?for=us`,
    secrets: [],
    events: [],
    calls: [],
    mostAtOnce: () => most,
    answer: ok,
  }
  onTestFinished(() => server.close().closeAllConnections())
  return receiver
}

export function ok(response: ServerResponse): void {
  response.writeHead(204).end()
}

export function failing(status: number): (response: ServerResponse) => void {
  return (response) => void response.writeHead(status).end('out of order')
}

async function receive(receiver: WebhookReceiver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString('utf8')
  const headers = request.headers as Record<string, string>
  const signatures = headers['webhook-signature']?.split(' ').length ?? 0
  receiver.calls.push({ id: headers['webhook-id'] ?? '', signatures })
  // Each must verify: a service knows one secret alone.
  const verified = receiver.secrets.map((secret) => new Webhook(secret).verify(body, headers))
  const event = PaymentEventSchema.parse(verified[0] ?? JSON.parse(body))
  await receiver.answer(response, receiver.calls.length)
  if (response.statusCode >= 200 && response.statusCode <= 299 && response.headersSent) receiver.events.push(event)
}

/** A receiver, and the endpoint that leads to it. */
export async function givenEndpoint(
  { deps: { db, config } }: TestApp,
  eventTypes: string[] = [],
): Promise<WebhookReceiver & { id: string }> {
  const receiver = await openReceiver()
  const rules = { production: config.production, allowPrivate: config.webhook.allowPrivate }
  const { endpoint, secret } = await db.$transaction((tx) => addEndpoint(tx, { url: receiver.url, eventTypes }, rules))
  receiver.secrets.push(secret)
  return Object.assign(receiver, { id: endpoint.id })
}
