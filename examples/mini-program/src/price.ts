import type { HomestayStateFragment } from '@looklook-pay/client'
import type { Night } from './calendar.ts'

export interface Choice {
  nights: readonly Night[]
  people: number
  needFood: boolean
}

/** The expected price of a booking, in fen; the order has the actual one. */
export function expectPrice(
  { pricedBy, foodPrice }: Pick<HomestayStateFragment, 'pricedBy' | 'foodPrice'>,
  { nights, people, needFood }: Choice,
): { stayFen: number; foodFen: number; totalFen: number } {
  const heads = pricedBy === 'PERSON_NIGHT' ? people : 1
  const stayFen = nights.reduce((sum, { homestayPrice }) => sum + homestayPrice * heads, 0)
  const foodFen = needFood ? foodPrice * people * nights.length : 0
  return { stayFen, foodFen, totalFen: stayFen + foodFen }
}
