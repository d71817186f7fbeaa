import { CloseCode, type SubscribePayload } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Deps } from '../../deps.ts'
import { createPerSecond } from '../limits/per-second.ts'
import { createRateLimited, type LimitName } from '../limits/refusal.ts'
import { createSlots } from '../limits/slots.ts'

/** More than a client does at once, and few enough that one socket can't keep the database from the others. */
const MAX_IN_HAND = 20
const IN_HAND_RETRY_SECONDS = 1
const SOCKET_RETRY_SECONDS = 30
/** Each operation may be completed by its client, and there are pings. */
const MESSAGES_PER_OPERATION = 3
/** For a client that does too much: graphql-ws's client doesn't connect again by itself after this one. */
const TOO_MANY = CloseCode.TooManyInitialisationRequests

/** Why an upgrade is refused. */
interface UpgradeRefusal {
  status: string
  retryAfterSeconds: number
}

/** The operations that a socket has in hand, and what releases each of them. */
type InHand = Map<SubscribePayload, () => void>

/** The limits on sockets, for all of a process. */
export interface SocketLimits {
  /** Counts a refusal. */
  count: (limit: LimitName) => void
  /** Acquires the slots of a connection that wants to become a socket. @returns what releases them, or a refusal. */
  admit: (address: string) => (() => void) | UpgradeRefusal
  /** Acquires a slot of the user for this socket, or closes it. @returns what releases the slot. */
  admitUser: (socket: WebSocket, userId: string) => (() => void) | null
  /** Acquires a slot for an operation; `release` deletes it again. @throws {GraphQLError} `RATE_LIMITED` */
  acquireOperation: (inHand: InHand, entry: { operation: SubscribePayload; release: () => void }) => void
  watchRate: (socket: WebSocket) => MessageRate
}

/** What one socket sends. */
interface MessageRate {
  /** Counts a message, or a ping or pong frame; closes the socket beyond the limit, and then tells false. */
  countMessage: () => boolean
  /** The same for an operation. */
  countOperation: () => boolean
}

export function createSocketLimits({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): SocketLimits {
  const { limits, rateLimitFactor } = config
  const ofUser = createSlots(limits.socketsPerUser * rateLimitFactor)
  const operationsPerSecond = limits.operationsPerSocketSecond * rateLimitFactor

  const closeWithTooMany = (socket: WebSocket, limit: LimitName, what: string, retryAfterSeconds: number) => {
    metrics.limitRefusals.inc({ limit })
    socket.close(TOO_MANY, `Too many ${what}. Try again in ${retryAfterSeconds} s.`)
  }
  const boundRate = (socket: WebSocket, max: number, what: string) => {
    const isFew = createPerSecond(max)
    return () => {
      if (isFew()) return true
      if (socket.readyState === socket.OPEN) closeWithTooMany(socket, 'operationsPerSocketSecond', what, 1)
      return false
    }
  }
  return {
    count: (limit) => metrics.limitRefusals.inc({ limit }),
    admit: createAdmission({ config, metrics }),
    admitUser(socket, userId) {
      const release = ofUser.acquire(userId)
      if (!release) closeWithTooMany(socket, 'socketsPerUser', 'sockets of this user', SOCKET_RETRY_SECONDS)
      return release
    },
    acquireOperation(inHand, { operation, release }) {
      if (inHand.size < MAX_IN_HAND) return void inHand.set(operation, release)
      throw createRateLimited(metrics, {
        limit: 'operationsInHandPerClient',
        retryAfterSeconds: IN_HAND_RETRY_SECONDS,
        message: 'This connection has too many operations in hand. Wait for their answers.',
      })
    },
    watchRate: (socket) => ({
      countMessage: boundRate(socket, operationsPerSecond * MESSAGES_PER_OPERATION, 'messages in a second'),
      countOperation: boundRate(socket, operationsPerSecond, 'operations in a second'),
    }),
  }
}

/** Slots for sockets, of the process and of each address. */
function createAdmission({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): SocketLimits['admit'] {
  const { limits, rateLimitFactor } = config
  const ofProcess = createSlots<'process'>(limits.sockets)
  const ofAddress = createSlots(limits.socketsPerAddress * rateLimitFactor)
  const refuse = (limit: LimitName, status: string): UpgradeRefusal => {
    metrics.limitRefusals.inc({ limit })
    return { status, retryAfterSeconds: SOCKET_RETRY_SECONDS }
  }

  return (address) => {
    const releaseProcess = ofProcess.acquire('process')
    if (!releaseProcess) return refuse('sockets', '503 Service Unavailable')
    const releaseAddress = ofAddress.acquire(address)
    if (!releaseAddress) {
      releaseProcess()
      return refuse('socketsPerAddress', '429 Too Many Requests')
    }
    metrics.openSockets.inc()
    return () => {
      metrics.openSockets.dec()
      releaseAddress()
      releaseProcess()
    }
  }
}
