import type { Text } from '../../kit/text.ts'

/** Paying as a phone. */
export const payTexts = {} as const satisfies Record<string, Text>
