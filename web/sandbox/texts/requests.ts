import type { Text } from '../../kit/text.ts'

/** Requests and the reasons of refusals. */
export const requestTexts = {} as const satisfies Record<string, Text>
