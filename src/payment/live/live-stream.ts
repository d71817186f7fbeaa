import type { Payment } from '../../../prisma/client/client.ts'
import { NewestStream } from '../../infra/newest-stream.ts'
import { tracing } from '../../infra/tracing.ts'

/** What all streams of a process share. */
export interface LiveHub {
  /** How long a stream goes on after CLOSED, in ms. */
  closedLingerMs: number
  /** Offers the stream the present state, and from then on every change. */
  join: (stream: LiveStream, present: Payment | undefined) => void
  leave: (stream: LiveStream) => void
  /** A state wasn't sent, since a newer one came. */
  dropped: () => void
}

export interface LiveStreamOptions {
  sn: string
  /** Acquires the slot of the stream, and calls `end` when the viewer's session or connection ends. @returns what releases it. */
  acquire: (end: () => void) => () => void
  /** The state that it starts with, where its viewer has just read it. */
  present?: Payment
}

/** The span of a change that is given to a stream; of the state that a stream starts with there is none. */
const PUSH = { name: 'push', attributes: { 'graphql.operation.type': 'subscription' } }

/**
 * One viewer's stream of one payment: versions only rise, and it ends when no more changes can come. It has its slot from
 * the start, and joins once it is read.
 */
export class LiveStream extends NewestStream<Payment> {
  /** Of the payment. */
  readonly sn: string
  readonly #hub: LiveHub
  #present: Payment | undefined
  #version = 0
  #lingering: NodeJS.Timeout | undefined = undefined
  /** Undefined while it is acquired, when the connection may turn out to have ended already. */
  #release: (() => void) | undefined = undefined

  /** @throws whatever `acquire` throws. */
  constructor(hub: LiveHub, { sn, acquire, present }: LiveStreamOptions) {
    super()
    this.sn = sn
    this.#hub = hub
    this.#present = present
    const release = acquire(() => this.end())
    if (this.isOver) release()
    else this.#release = release
  }

  /** Sends the payment, unless this version or a newer one was sent before. */
  override offer(payment: Payment): void {
    if (payment.version <= this.#version) return
    const isFirst = this.#version === 0
    this.#version = payment.version
    if (tracing && !isFirst) tracing.of(payment, PUSH, () => super.offer(payment))
    else super.offer(payment)
    if (payment.status === 'CLOSED') {
      this.#lingering ??= setTimeout(() => this.end(), this.#hub.closedLingerMs)
      return
    }
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    if (payment.status === 'REFUNDED') this.end()
  }

  protected override onReplaced(): void {
    this.#hub.dropped()
  }

  protected override onStart(): void {
    const present = this.#present
    // The stream is open for long.
    this.#present = undefined
    this.#hub.join(this, present)
  }

  protected override onStop(): void {
    clearTimeout(this.#lingering)
    this.#release?.()
    this.#hub.leave(this)
  }
}
