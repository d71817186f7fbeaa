import { type ExecutionResult, GraphQLError } from 'graphql'
import { CloseCode, type ConnectionInitMessage, makeServer, type Server } from 'graphql-ws'
import type { Logger } from 'pino'
import { createUserError } from '../../graphql/context.ts'
import { toTimeout } from '../../infra/timeout.ts'
import { clientOf, type OperationSlots } from '../limits/operation-slots.ts'
import { formatError } from './shared-results.ts'
import type { SocketLimits } from './socket-limits.ts'
import { begin, createGone, type Envelop, handOver, type SocketExtra, start } from './socket-operation.ts'

export interface SocketProtocol {
  server: Server<SocketExtra>
  /** Refuses new operations; resolves when queries and mutations in hand have been answered. */
  finish: () => Promise<void>
}

export interface SocketProtocolOptions {
  log: Logger
  authenticate: (authorization: unknown) => Promise<{ sessionId: string; viewer: { id: string } } | null>
  watchSession: (sessionId: string, onEnd: () => void) => () => void
  envelop: Envelop
  limits: SocketLimits
  slots: OperationSlots
  /** How long a socket may stay open without a connection_init. */
  initSeconds: number
}

/** The graphql-transport-ws protocol: any socket may connect; each operation is checked by itself. */
export function createSocketProtocol({
  log,
  authenticate,
  watchSession,
  envelop,
  limits,
  slots,
  initSeconds,
}: SocketProtocolOptions): SocketProtocol {
  const running = new Set<Promise<unknown>>()
  let finishing = false

  /** Whether the socket may go on. */
  const enterUser = (extra: SocketExtra, sessionId: string | undefined, userId: string | undefined): boolean => {
    const { socket } = extra
    if (socket.readyState !== socket.OPEN) return false
    if (sessionId === undefined || userId === undefined || extra.leaveUser) return true
    const releaseSlot = limits.admitUser(socket, userId)
    if (!releaseSlot) return false
    const stopWatch = watchSession(sessionId, () => socket.close(CloseCode.Forbidden, 'Session ended'))
    extra.leaveUser = () => {
      stopWatch()
      releaseSlot()
    }
    return true
  }

  const server = makeServer<ConnectionInitMessage['payload'], SocketExtra>({
    connectionInitWaitTimeout: toTimeout(initSeconds * 1_000),
    async onConnect({ connectionParams, extra }) {
      const authorization = connectionParams?.['authorization']
      let release: (() => void) | undefined
      try {
        release = slots.acquire(clientOf({ authorization, address: extra.address }))
        const session = await authenticate(authorization)
        enterUser(extra, session?.sessionId, session?.viewer.id)
      } catch (error) {
        // A bad token, or one too many to be read now, doesn't end the socket: each operation finds out by itself.
        if (!(error instanceof GraphQLError)) log.warn({ err: error }, 'session of a new socket could not be read')
      } finally {
        release?.()
      }
    },
    onClose({ extra }) {
      extra.leaveUser?.()
      for (const release of extra.inHand.values()) release()
      for (const end of extra.ends) end()
    },
    async onSubscribe(ctx, id, payload) {
      if (finishing) return [createUserError('UNAVAILABLE', 'The server is stopping. Connect again.')]
      const prepared = await begin({ envelop, limits, slots }, ctx, payload)
      if (Array.isArray(prepared)) return prepared
      const { session, viewer } = prepared.args.contextValue
      if (enterUser(ctx.extra, session?.id, viewer?.id)) return handOver(prepared, payload, { id, extra: ctx.extra })
      prepared.release()
      return [createGone()]
    },
    async execute(args) {
      const result = start(args) as Promise<ExecutionResult>
      running.add(result)
      try {
        return await result
      } finally {
        running.delete(result)
      }
    },
    subscribe: (args) => start(args) as Promise<AsyncIterableIterator<ExecutionResult>>,
    // Released only once the answer is sent, so a client that doesn't read can't queue more answers than it has slots.
    onComplete: ({ extra }, _id, payload) => extra.inHand.get(payload)?.(),
    onError: (_ctx, _id, _payload, errors) => errors.map(formatError),
    onNext: (_ctx, _id, _payload, _args, { errors, ...rest }) =>
      errors ? { ...rest, errors: errors.map((error) => formatError(error)) } : undefined,
  })

  return {
    server,
    async finish() {
      finishing = true
      await Promise.allSettled(running)
    },
  }
}
