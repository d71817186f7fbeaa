import { CloseCode } from 'graphql-ws'
import type { Deps } from '../../deps.ts'
import { createRateLimited, type LimitName } from '../limits/refusal.ts'
import { createSlots } from '../limits/slots.ts'
import { limitTexts } from '../texts.ts'
import type { ClientSocket, Operation, Unread } from './client-socket.ts'

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

/** The limits on sockets, for all of a process. */
export interface SocketLimits {
  /** Counts a refusal. */
  count: (limit: LimitName) => void
  /** Acquires the slots of a connection that wants to become a socket. @returns what releases them, or a refusal. */
  admit: (address: string) => (() => void) | UpgradeRefusal
  /** Acquires a slot of the user for this socket, or closes it. @returns what releases the slot. */
  admitUser: (socket: ClientSocket, userId: string) => (() => void) | null
  /** Acquires a slot of the socket for an operation, which has it until it isn't in hand any more. @throws {GraphQLError} `RATE_LIMITED` */
  acquireOperation: (socket: ClientSocket, operation: Operation) => void
  /** Counts a message, or a ping or pong frame; closes the socket beyond the limit, and then tells false. */
  countMessage: (socket: ClientSocket) => boolean
  /** The same for an operation. */
  countOperation: (socket: ClientSocket) => boolean
  unread: Unread
}

export function createSocketLimits({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): SocketLimits {
  const { limits, rateLimitFactor } = config
  const ofUser = createSlots(limits.socketsPerUser * rateLimitFactor)
  const operationsPerSecond = limits.operationsPerSocketSecond * rateLimitFactor

  const closeWithTooMany = (socket: ClientSocket, limit: LimitName, what: string, retryAfterSeconds: number) => {
    metrics.limitRefusals.inc({ limit })
    socket.close(TOO_MANY, `Too many ${what}. Try again in ${retryAfterSeconds} s.`)
  }
  const bound = (socket: ClientSocket, what: 'messages' | 'operations', max: number) => {
    const sent = inThisSecond(socket)
    sent[what] += 1
    if (sent[what] <= max) return true
    if (socket.readyState === socket.OPEN)
      closeWithTooMany(socket, 'operationsPerSocketSecond', `${what} in a second`, 1)
    return false
  }
  return {
    count: (limit) => metrics.limitRefusals.inc({ limit }),
    admit: createAdmission({ config, metrics }),
    admitUser(socket, userId) {
      const release = ofUser.acquire(userId)
      if (!release) closeWithTooMany(socket, 'socketsPerUser', 'sockets of this user', SOCKET_RETRY_SECONDS)
      return release
    },
    acquireOperation(socket, operation) {
      if (socket.inHand.length < MAX_IN_HAND) return socket.addInHand(operation)
      throw createRateLimited(metrics, {
        limit: 'operationsInHandPerClient',
        retryAfterSeconds: IN_HAND_RETRY_SECONDS,
        text: limitTexts.operationsOfSocket,
      })
    },
    countMessage: (socket) => bound(socket, 'messages', operationsPerSecond * MESSAGES_PER_OPERATION),
    countOperation: (socket) => bound(socket, 'operations', operationsPerSecond),
    unread: { unreadBytes: limits.unreadBytes, onExceeded: () => metrics.limitRefusals.inc({ limit: 'unreadBytes' }) },
  }
}

/** What the socket has sent within the current second. */
function inThisSecond({ sent }: ClientSocket): ClientSocket['sent'] {
  const second = Math.floor(performance.now() / 1_000)
  if (second !== sent.second) sent.messages = sent.operations = 0
  sent.second = second
  return sent
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
