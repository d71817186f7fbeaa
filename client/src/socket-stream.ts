import { type Client, createClient } from 'graphql-ws/client'
import { PaymentStatusChangedDocument, type PaymentStatusChangedSubscription } from '../generated/graphql.ts'
import { type Endpoint, type GraphqlError, problemOf, readResult } from './ask.ts'
import type { Problem } from './result.ts'
import { type Ending, endingOf, type OpenStream } from './stream.ts'

const ACKNOWLEDGE_MS = 5_000
const PING_EVERY_MS = 10_000
const PONG_WITHIN_MS = 5_000
/** How the server ends the socket when its session expires or is revoked. */
const SESSION_ENDED = 4403

export interface SharedSocket {
  open: OpenStream
  close(): void
}

const sessionEnded: Problem = {
  code: 'UNAUTHENTICATED',
  message: 'The session has ended: sign in again with wxLogin. Nothing that was paid is lost.',
}

/**
 * One WebSocket for every payment that is watched: opened for the first, closed `idleSocketMs` after the last, and
 * opened anew when the token has changed.
 */
export function createSharedSocket({ url, platform }: Endpoint, idleSocketMs: number): SharedSocket {
  let newestToken = ''
  let tokenInUse: string | undefined
  let lateness: ReturnType<typeof setTimeout> | undefined
  const client: Client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: platform.webSocket,
    connectionParams: () => {
      tokenInUse = newestToken
      return tokenInUse ? { authorization: `Bearer ${tokenInUse}` } : {}
    },
    lazyCloseTimeout: idleSocketMs,
    connectionAckWaitTimeout: ACKNOWLEDGE_MS,
    keepAlive: PING_EVERY_MS,
    retryAttempts: 0,
    on: {
      ping: (isReceived) => {
        if (!isReceived) lateness = setTimeout(() => client.terminate(), PONG_WITHIN_MS)
      },
      pong: () => clearTimeout(lateness),
      closed: () => {
        clearTimeout(lateness)
        tokenInUse = undefined
      },
    },
  })

  const open: OpenStream = (sn, token, onPayment) => {
    let unsubscribe: (() => void) | undefined
    const start = async (): Promise<Ending> => {
      newestToken = token
      if (tokenInUse !== undefined && tokenInUse !== token) client.terminate()
      const reason = await new Promise<unknown>((resolve) => {
        unsubscribe = client.subscribe<PaymentStatusChangedSubscription>(
          { query: PaymentStatusChangedDocument.toString(), variables: { sn } },
          {
            next: (result) => {
              const answer = readResult<PaymentStatusChangedSubscription>(result)
              if (answer.ok) onPayment(answer.data.paymentStatusChanged)
              else resolve(result.errors)
            },
            error: resolve,
            complete: () => resolve(null),
          },
        )
      })
      unsubscribe?.()
      return readReason(reason)
    }
    return { ended: start(), stop: () => unsubscribe?.() }
  }
  return { open, close: () => client.terminate() }
}

/** Of what graphql-ws ends a subscription with: nothing, errors of GraphQL, the socket's close, or its failure. */
function readReason(reason: unknown): Ending {
  if (reason === null) return { kind: 'COMPLETE' }
  if (Array.isArray(reason)) return endingOf(problemOf(reason[0] as GraphqlError))
  const { code } = reason as { code?: unknown }
  return code === SESSION_ENDED ? { kind: 'REFUSED', problem: sessionEnded } : { kind: 'LOST' }
}
