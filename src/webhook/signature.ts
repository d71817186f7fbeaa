import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { PaymentEvent } from '../payment/event.ts'

/** Of 24 to 64, by the specification. */
const SECRET_BYTES = 32

/** A secret as Standard Webhooks writes it. */
export function createSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

/** An endpoint's secrets. */
export interface Secrets {
  secret: string
  previousSecret: string | null
  previousSecretUntil: Date | null
}

/**
 * The headers of a call by the Standard Webhooks specification, signed by every secret that is live. The id is the event's: the
 * same for every try and every replay.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedHeaders(
  { paymentSn, version }: Pick<PaymentEvent, 'paymentSn' | 'version'>,
  body: string,
  secrets: Secrets,
  now: Date,
): Record<string, string> {
  const id = `evt_${paymentSn}_${version}`
  const signatures = liveSecrets(secrets, now).map((secret) => new Webhook(secret).sign(id, now, body))
  return {
    'content-type': 'application/json',
    'user-agent': 'looklook-pay-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
  }
}

function liveSecrets({ secret, previousSecret, previousSecretUntil }: Secrets, now: Date): string[] {
  const isLive = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now
  return isLive ? [secret, previousSecret] : [secret]
}
