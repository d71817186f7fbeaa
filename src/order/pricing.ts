import type { HomestayPricing } from '../../prisma/client/enums.ts'

export interface Stay {
  nights: number
  people: number
  needFood: boolean
}

export interface Tariff {
  pricedBy: HomestayPricing
  /** Fen a night, or a person and night. */
  homestayPrice: number
  /** Fen a person and night. */
  foodPrice: number
}

export interface Price {
  /** Fen. */
  homestayTotalPrice: number
  /** Fen. */
  foodTotalPrice: number
  /** Fen; what the guest pays. */
  orderTotalPrice: number
}

/** What a stay costs, in fen. */
export function priceStay(tariff: Tariff, stay: Stay): Price {
  const units = tariff.pricedBy === 'PERSON_NIGHT' ? stay.nights * stay.people : stay.nights
  const homestayTotalPrice = tariff.homestayPrice * units
  const foodTotalPrice = stay.needFood ? tariff.foodPrice * stay.people * stay.nights : 0
  return { homestayTotalPrice, foodTotalPrice, orderTotalPrice: homestayTotalPrice + foodTotalPrice }
}
