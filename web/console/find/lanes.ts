/** Whom the sequence shows, from left to right. */
export const LANES = ['guest', 'books', 'wechat', 'operator', 'others'] as const
export type Lane = (typeof LANES)[number]

/** From whom to whom an entry goes, by its kind; something of our books alone stays there. */
const WAYS: Record<string, readonly [from: Lane, to: Lane]> = {
  order: ['guest', 'books'],
  attempt: ['guest', 'books'],
  act: ['operator', 'books'],
  call: ['books', 'wechat'],
  notice: ['wechat', 'books'],
  mismatch: ['wechat', 'books'],
  message: ['books', 'guest'],
  delivery: ['books', 'others'],
}

export function wayOf(kind: string): readonly [from: Lane, to: Lane] {
  return WAYS[kind] ?? ['books', 'books']
}

/** Where a lane's line stands, in percent of the drawing's width. */
export function placeOf(lane: Lane): number {
  return (100 * (LANES.indexOf(lane) + 0.5)) / LANES.length
}
