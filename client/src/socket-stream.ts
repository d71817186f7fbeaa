import { type Client, createClient } from 'graphql-ws/client'
import { PaymentStatusChangedDocument, type PaymentStatusChangedSubscription } from '../generated/graphql.ts'
import { createIdleSockets } from './idle-sockets.ts'
import type { WebSocketClass } from './platform.ts'
import { type GraphqlError, readResult, type Server, toProblem } from './request.ts'
import type { Problem } from './result.ts'
import { type Ending, endingOf, type OpenStream } from './stream.ts'

const ACK_TIMEOUT_MS = 5_000
const PING_INTERVAL_MS = 10_000
const PONG_TIMEOUT_MS = 5_000
/** The code with which the server closes a socket whose session expired or was revoked. */
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
 * One WebSocket shared by all watched payments: opened for the first, closed `idleSocketMs` after the last, and
 * reopened when the token has changed.
 */
export function createSharedSocket(
  { url, platform }: Server,
  webSocket: WebSocketClass,
  idleSocketMs: number,
): SharedSocket {
  const idle = createIdleSockets(webSocket, idleSocketMs)
  let newestToken = ''
  let tokenInUse: string | undefined
  let pongTimer: ReturnType<typeof setTimeout> | undefined
  const client: Client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: idle.socketClass,
    connectionParams: () => {
      tokenInUse = newestToken
      const { language } = platform
      return { ...(language && { language }), ...(tokenInUse && { authorization: `Bearer ${tokenInUse}` }) }
    },
    connectionAckWaitTimeout: ACK_TIMEOUT_MS,
    keepAlive: PING_INTERVAL_MS,
    retryAttempts: 0,
    on: {
      ping: (isReceived) => {
        if (!isReceived) pongTimer = setTimeout(() => client.terminate(), PONG_TIMEOUT_MS)
      },
      pong: () => clearTimeout(pongTimer),
      closed: () => {
        clearTimeout(pongTimer)
        tokenInUse = undefined
      },
    },
  })

  const open: OpenStream = (sn, token, onPayment) => {
    let unsubscribe: (() => void) | undefined
    const start = async (): Promise<Ending> => {
      newestToken = token
      idle.keepOpen()
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
      return readEnding(reason)
    }
    return { ended: start(), stop: () => unsubscribe?.() }
  }
  const close = () => {
    client.terminate()
    idle.close()
    clearTimeout(pongTimer)
  }
  return { open, close }
}

/** `reason` is what graphql-ws ends a subscription with: null, GraphQL errors, a close event, or a socket error. */
function readEnding(reason: unknown): Ending {
  if (reason === null) return { kind: 'COMPLETE' }
  if (Array.isArray(reason)) return endingOf(toProblem(reason[0] as GraphqlError))
  const { code } = reason as { code?: unknown }
  return code === SESSION_ENDED ? { kind: 'REFUSED', problem: sessionEnded } : { kind: 'LOST' }
}
