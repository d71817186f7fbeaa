import type { Text } from '../../kit/text.ts'

/** Clock and keys. */
export const clockTexts = {} as const satisfies Record<string, Text>
