import type { Attack } from './attack.ts'
import { connectionAttacks } from './attacks/connections.ts'
import { documentAttacks } from './attacks/documents.ts'
import { rateAttacks } from './attacks/rates.ts'
import { socketAttacks } from './attacks/sockets.ts'

/** Every attack that the suite knows. */
export const attacks: Attack[] = [...documentAttacks, ...connectionAttacks, ...socketAttacks, ...rateAttacks]
