import { dayFromToday } from '../attack/day.ts'

/** How many of them have nights to sell. */
const HOMESTAYS = 500

/** A homestay has so many. */
const NIGHTS = 700

/** Homestays like the demo host’s first one. */
export const MORE_HOMESTAYS = `
  INSERT INTO homestay (id, "businessId", title, "subTitle", cover, info, "peopleNum", "pricedBy", "homestayPrice",
    "marketHomestayPrice", "foodInfo", "foodPrice")
  SELECT 'fault-homestay-' || nth, "businessId", title, "subTitle", cover, info, "peopleNum", "pricedBy", "homestayPrice",
    "marketHomestayPrice", "foodInfo", "foodPrice"
  FROM homestay, generate_series(0, ${HOMESTAYS - 1}) nth WHERE id = 'demo-homestay-01'`

export interface Night {
  homestayId: string
  liveStartDate: string
  liveEndDate: string
}

/** @returns a night that nobody has booked, each time another one. */
export function createNights(): () => Night {
  let nth = 0
  return () => {
    // As days pass, later ones are sold: no night comes twice.
    const daysAhead = 2 + (Math.floor(nth / HOMESTAYS) % NIGHTS)
    const homestayId = `fault-homestay-${nth % HOMESTAYS}`
    nth += 1
    return { homestayId, liveStartDate: dayFromToday(daysAhead), liveEndDate: dayFromToday(daysAhead + 1) }
  }
}
