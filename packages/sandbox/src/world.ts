import type { Logger } from 'pino'
import type { Faults } from './control/faults.ts'
import type { Settings } from './control/settings.ts'
import type { Credentials, SandboxKeys } from './keys/credentials.ts'
import type { CertificateShelf } from './keys/platform-certificates.ts'
import type { Signing } from './keys/signing-key.ts'
import type { Template } from './mini-program/templates.ts'
import type { Ledger } from './store/ledger.ts'
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
  /** Replaced as a whole by every change. */
  settings: Settings
  signing: Signing
  certificates: CertificateShelf
  /** What the merchant platform is configured with, for refunds that name no URL of their own. */
  notifyUrl: string | undefined
  /** Of subscribe messages, by their ids. */
  templates: Map<string, Template>
  /** Bills that were asked for, by the token of their download. */
  bills: Map<string, { bytes: Buffer; until: number }>
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}
