import type { Text } from '../../kit/text.ts'

/** The ledger. */
export const ledgerTexts = {} as const satisfies Record<string, Text>
