import type { Text } from '../../kit/text.ts'

/** Faults. */
export const faultTexts = {} as const satisfies Record<string, Text>
