import type { EnvReader } from './reader.ts'
import { wholeNumber } from './values.ts'

/**
 * Every limit on clients: its setting, its default and its least value. docs/limits.md says what each bounds and what a
 * client gets beyond it. `RATE_LIMIT_FACTOR` multiplies those per user and per address.
 */
const settings = {
  bodyBytes: ['LIMIT_BODY_BYTES', 32 * 1024, 1024],
  documentTokens: ['LIMIT_DOCUMENT_TOKENS', 1_000, 10],
  documentFields: ['LIMIT_DOCUMENT_FIELDS', 12_000, 10],
  databaseFields: ['LIMIT_DATABASE_FIELDS', 10, 1],
  documentCacheBytes: ['LIMIT_DOCUMENT_CACHE_BYTES', 8 * 1024 * 1024, 0],
  operationsInHandPerClient: ['LIMIT_OPERATIONS_IN_HAND_PER_CLIENT', 20, 1],
  operationsPerSocketSecond: ['LIMIT_OPERATIONS_PER_SOCKET_SECOND', 50, 1],
  unreadBytes: ['LIMIT_UNREAD_BYTES', 1024 * 1024, 1024],
  socketsPerUser: ['LIMIT_SOCKETS_PER_USER', 20, 1],
  socketsPerAddress: ['LIMIT_SOCKETS_PER_ADDRESS', 1_000, 1],
  sockets: ['LIMIT_SOCKETS', 10_000, 1],
  streamsPerUser: ['LIMIT_STREAMS_PER_USER', 100, 1],
  socketInitSeconds: ['LIMIT_SOCKET_INIT_SECONDS', 10, 1],
  socketLifetimeSeconds: ['LIMIT_SOCKET_LIFETIME_SECONDS', 86_400, 1],
  connections: ['LIMIT_CONNECTIONS', 12_000, 1],
  connectionsPerAddress: ['LIMIT_CONNECTIONS_PER_ADDRESS', 1_000, 1],
  requestsInHandPerConnection: ['LIMIT_REQUESTS_IN_HAND_PER_CONNECTION', 20, 1],
  requestArrivalSeconds: ['LIMIT_REQUEST_ARRIVAL_SECONDS', 30, 1],
  // Longer than load balancers keep theirs, so that they close first.
  idleConnectionSeconds: ['LIMIT_IDLE_CONNECTION_SECONDS', 65, 1],
  signInsPerAddressMinute: ['LIMIT_SIGN_INS_PER_ADDRESS_MINUTE', 300, 1],
  refreshesPerUserMinute: ['LIMIT_REFRESHES_PER_USER_MINUTE', 20, 1],
  bookingsPerUserMinute: ['LIMIT_BOOKINGS_PER_USER_MINUTE', 60, 1],
  paymentsPerUserMinute: ['LIMIT_PAYMENTS_PER_USER_MINUTE', 60, 1],
  consentsPerUserMinute: ['LIMIT_CONSENTS_PER_USER_MINUTE', 20, 1],
  redemptionsPerUserMinute: ['LIMIT_REDEMPTIONS_PER_USER_MINUTE', 60, 1],
  readsPerUserMinute: ['LIMIT_READS_PER_USER_MINUTE', 1_200, 1],
} as const satisfies Record<string, readonly [name: string, byDefault: number, least: number]>

export type Limits = Record<keyof typeof settings, number>

const MOST = 999_999_999

export function readLimits(reader: EnvReader): Limits {
  const read = ([name, byDefault, least]: readonly [string, number, number]) =>
    reader.withDefault(name, wholeNumber(least, MOST, byDefault))
  const entries = Object.entries(settings).map(([limit, setting]) => [limit, read(setting)])
  return Object.fromEntries(entries) as Limits
}
