import { WebSocket } from 'ws'
import type { ResultTexts } from '../../graphql/context.ts'
import type { Language } from '../../texts.ts'

/** An operation of a client, from its message until its end. */
export interface Operation {
  readonly id: string
  /** Releases its slots, safe to call twice. */
  release: () => void
  /** The results of a stream that has started. */
  texts: ResultTexts | undefined
}

export const NO_OPERATIONS: readonly Operation[] = []

/** Bounds what may wait for a client who doesn't read. */
export interface Unread {
  unreadBytes: number
  onExceeded: () => void
}

/**
 * A WebSocket of a client, with all that is known of it, in fields and in arrays that are replaced. Closures, maps and sets
 * would say the same, and with thousands of sockets take most of the memory, though nearly all of them are empty.
 */
export class ClientSocket extends WebSocket {
  /** Of the client, by which it is limited. */
  address = ''
  /** Of connection_init; nothing for the anonymous, and false for what can be no token. */
  authorization: string | false | undefined = undefined
  /** Of connection_init. */
  language: Language = 'en'
  state: 'new' | 'initialising' | 'acknowledged' = 'new'
  /** Until it is initialised. */
  initTimer: NodeJS.Timeout | undefined = undefined
  /** Those that its client hasn't completed, and that aren't over; each id stands for one. */
  operations = NO_OPERATIONS
  /** Those that are worked on, also when their client has completed them. */
  inHand = NO_OPERATIONS
  /** Ends what it has because its user is signed in: the watch of the session, and the user's slot. */
  leaveUser: (() => void) | undefined = undefined
  /** What it has sent within `second`. */
  sent = { second: 0, messages: 0, operations: 0 }
  isPongUnsent = false
  unread: Unread | undefined = undefined

  /**
   * Sends, and resolves once the message is handed to the network, or never will be. Whoever left too much unread is
   * terminated: a close frame would wait behind all that. The message that is sent last doesn't count, as an answer may be
   * larger than that by itself.
   */
  deliver(text: string): Promise<void> {
    return new Promise<void>((resolve) => {
      // A socket that can't send is about to close, and that ends its operations.
      if (this.readyState !== this.OPEN) return resolve()
      const { unread } = this
      const isExceeded = unread !== undefined && this.bufferedAmount > unread.unreadBytes
      this.send(text, () => resolve())
      if (!isExceeded) return
      unread.onExceeded()
      this.terminate()
    })
  }

  /** The operation of this id that its client waits for. */
  operationOf(id: string): Operation | undefined {
    return this.operations.find((operation) => operation.id === id)
  }

  addOperation(operation: Operation): void {
    this.operations = this.operations.concat(operation)
  }

  /** @returns false when its client has completed it, or it is over. */
  has(operation: Operation): boolean {
    return this.operations.includes(operation)
  }

  removeOperation(operation: Operation): void {
    this.operations = without(this.operations, operation)
  }

  addInHand(operation: Operation): void {
    this.inHand = this.inHand.concat(operation)
  }

  removeInHand(operation: Operation): void {
    this.inHand = without(this.inHand, operation)
  }
}

/** Makes a listener that all sockets share; their events come with the socket as `this`. */
export function listener<Args extends unknown[]>(listen: (socket: ClientSocket, ...args: Args) => void) {
  return function (this: WebSocket, ...args: Args): void {
    if (this instanceof ClientSocket) listen(this, ...args)
  }
}

function without(operations: readonly Operation[], operation: Operation): readonly Operation[] {
  const others = operations.filter((each) => each !== operation)
  return others.length === 0 ? NO_OPERATIONS : others
}
