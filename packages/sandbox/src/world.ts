import type { Planted } from './bill/planted.ts'
import type { Faults } from './control/faults.ts'
import type { RequestLog } from './control/request-log.ts'
import type { SigningDeps } from './keys/signing-key.ts'
import type { Template } from './mini-program/templates.ts'
import type { Timers } from './timers.ts'

/** What the sandbox logs with; a pino logger fits. */
export interface SandboxLog {
  debug(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * Everything that the parts of one sandbox share; the first argument of every function that serves a call. The files
 * that define its fields don't import it but declare the fields that they need, so that imports have no cycle.
 */
export interface World extends SigningDeps {
  faults: Faults
  requests: RequestLog
  timers: Timers
  log: SandboxLog
  /** How far `now` is ahead of `wallNow`. */
  clock: { aheadMs: number }
  /** The machine's clock, which merchants share: signatures go by it. Milliseconds since 1970. */
  wallNow: () => number
  /** The URL set on the merchant platform, for refunds that name none of their own. */
  notifyUrl: string | undefined
  /** Names of the Internet by which it may be called, in lower case. */
  hosts: readonly string[]
  /** Of subscribe messages, by their ids. */
  templates: Map<string, Template>
  /** What bills say wrongly. */
  plantedInBills: Planted[]
  /** Bills that can be downloaded, by the token of their download URL; `until` in milliseconds since 1970. */
  bills: Map<string, { bytes: Buffer; until: number }>
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}
