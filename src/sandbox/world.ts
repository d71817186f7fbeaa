import type { Logger } from 'pino'
import type { Credentials, SandboxKeys } from './credentials.ts'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Timers } from './timers.ts'

/** Everything the parts of the sandbox share. */
export interface World {
  credentials: Credentials
  keys: SandboxKeys
  ledger: Ledger
  faults: Faults
  timers: Timers
  /** Milliseconds since 1970. */
  now: () => number
  log: Logger
  /** Multiplies every wait between two deliveries of a notice. */
  noticeScheduleFactor: number
  refundDelayMs: number
  refundIntervalMs: number
  /** What the merchant platform is configured with, for refunds that name no URL of their own. */
  notifyUrl: string | undefined
  /** Bills are ready at once, today's too. */
  billsAtOnce: boolean
  /** Bills that were asked for, by the token of their download. */
  bills: Map<string, { bytes: Buffer; until: number }>
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}
