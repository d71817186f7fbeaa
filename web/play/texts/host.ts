import type { Text } from '../../kit/text.ts'

/** The host’s counter. */
export const hostTexts = {
  hostSignIn: ['以房东身份登录', 'Sign in as the host'],
  hostHello: ['洱海边的院子 · 龙井山居', 'Lakeside · Tea Hill House'],
  codeInput: ['客人的入住码', 'The guest’s entry code'],
  redeem: ['核销', 'Redeem'],
  redeemed: ['请入住', 'Welcome'],
  redeemedSeal: ['入住', '入住'],
  hostIdle: ['等客人出示入住码', 'Waiting for a guest’s code'],
} as const satisfies Record<string, Text>
