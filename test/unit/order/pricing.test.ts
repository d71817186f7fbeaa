import { assert, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { priceStay, type Stay, type Tariff } from '../../../src/order/pricing.ts'

const nightly: Tariff = { pricedBy: 'NIGHT', homestayPrice: 12_800, foodPrice: 3_000 }
const perPerson: Tariff = { ...nightly, pricedBy: 'PERSON_NIGHT' }
const stay: Stay = { nights: 3, people: 2, needFood: false }

describe('the price of a stay', () => {
  test('prices a stay by the night the same for one guest and for many', () => {
    expect(priceStay(nightly, stay)).toEqual({
      homestayTotalPrice: 38_400,
      foodTotalPrice: 0,
      orderTotalPrice: 38_400,
    })
    expect(priceStay(nightly, { ...stay, people: 1 }).homestayTotalPrice).toBe(38_400)
  })

  test('prices a stay by the person and night for each guest', () => {
    expect(priceStay(perPerson, stay).orderTotalPrice).toBe(76_800)
  })

  test.for([nightly, perPerson])('adds the price of food by the person and night to any tariff: %o', (tariff) => {
    const price = priceStay(tariff, { ...stay, needFood: true })
    expect(price.foodTotalPrice).toBe(18_000)
    expect(price.orderTotalPrice).toBe(price.homestayTotalPrice + 18_000)
  })

  test('computes prices exactly in whole fen, even beyond the largest payable amount', () => {
    const fen = integer({ min: 1, max: 2_147_483_647 })
    const stays = record({ nights: integer({ min: 1, max: 30 }), people: integer({ min: 1, max: 1_000 }) })
    assert(
      property(fen, fen, stays, (homestayPrice, foodPrice, { nights, people }) => {
        const price = priceStay(
          { pricedBy: 'PERSON_NIGHT', homestayPrice, foodPrice },
          { nights, people, needFood: true },
        )
        const exact = BigInt(nights) * BigInt(people) * (BigInt(homestayPrice) + BigInt(foodPrice))
        expect(BigInt(price.orderTotalPrice)).toBe(exact)
      }),
    )
  })
})
