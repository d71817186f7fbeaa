import { setTimeout } from 'node:timers/promises'
import { arrive, type Guest, redeem, type Town } from './guest.ts'
import { createRandom, pickWeighted } from './random.ts'

/** We use one for no longer. */
const PREPAY_ID_LIVES_MS = 110 * 60_000
/** Nobody’s clock may be moved meanwhile. */
const WAITS_AT_MOST_MS = 15_000
const LOOKS_EVERY_MS = 500

type Life = (guest: Guest, town: Town) => Promise<void>

/** A guest pays as one should, hearing of it. */
const pays: Life = async (guest) => {
  const phone = await guest.tap()
  guest.listen(phone.paymentSn)
  await guest.pay(phone)
}

const stays: Life = async (guest, town) => {
  await guest.pay(await guest.tap())
  await redeem(town, await guest.whenPaid())
}

const changesPlans: Life = async (guest) => {
  const phone = await guest.tap()
  guest.listen(phone.paymentSn)
  await guest.pay(phone)
  await guest.whenPaid()
  await guest.refund()
}

const cancels: Life = async (guest) => {
  await guest.tap()
  await guest.cancel()
}

/** On two phones at once. */
const cancelsWhilePaying: Life = async (guest) => {
  const phone = await guest.tap()
  guest.listen(phone.paymentSn)
  await Promise.allSettled([guest.pay(phone), guest.cancel()])
}

const staysAndChangesPlans: Life = async (guest, town) => {
  await guest.pay(await guest.tap())
  const order = await guest.whenPaid()
  await Promise.allSettled([redeem(town, order), guest.refund()])
}

/** The bank takes the money after the order is cancelled. */
const paysLate: Life = async (guest, { wechat, asked }) => {
  const { paymentSn } = await guest.tap()
  await guest.cancel()
  asked.push({ what: 'late payment', orderSn: guest.orderSn, at: Date.now() })
  await wechat.payLate(paymentSn)
}

const tapsTwice: Life = async (guest) => {
  const [phone] = await Promise.all([guest.tap(), guest.tap()])
  await guest.pay(phone)
}

/** Books, taps, and is never seen again. */
const leaves: Life = async (guest) => void (await guest.tap())

/** Somebody gives money back on the merchant platform, all of it or a part. */
const isRefundedManually: Life = async (guest, { wechat, asked, random }) => {
  const phone = await guest.tap()
  await guest.pay(phone)
  await guest.whenPaid()
  asked.push({ what: 'manual refund', orderSn: guest.orderSn, at: Date.now() })
  const part = random() < 0.5 ? { refundFen: 100 } : {}
  await wechat.refundManually({ outTradeNo: phone.paymentSn, ...part })
}

/** The same, and its notices never come: an operator sees it, or nobody does before the bill comes. */
const isRefundedUnheard: Life = async (guest, { wechat, asked, random, toAdopt, hasBills }) => {
  const phone = await guest.tap()
  await guest.pay(phone)
  await guest.whenPaid()
  asked.push({ what: 'manual refund', orderSn: guest.orderSn, at: Date.now() })
  const isSeen = !hasBills || random() < 0.5
  await wechat.addFaults([{ endpoint: 'refund-notice', kind: 'lost', match: phone.paymentSn }], { isForEver: !isSeen })
  const outRefundNo = await wechat.refundManually({ outTradeNo: phone.paymentSn })
  if (isSeen && outRefundNo !== null) toAdopt.push(outRefundNo)
}

/** Taps, puts the phone away, and pays when the prepay id is too old, or just later. */
const paysAfterAWhile: Life = async (guest) => {
  const { paymentSn } = await guest.tap()
  const tappedAt = Date.now()
  const goesOnBy = performance.now() + WAITS_AT_MOST_MS
  while (Date.now() < tappedAt + PREPAY_ID_LIVES_MS && performance.now() < goesOnBy) await setTimeout(LOOKS_EVERY_MS)
  const phone = await guest.tap()
  guest.listen(paymentSn)
  await guest.pay(phone)
}

/** Another amount is reported than the guest has paid, before the truth is. */
const isMisreported: Life = async (guest, { wechat }) => {
  const phone = await guest.tap()
  await wechat.addFaults([{ endpoint: 'payment-notice', kind: 'lost', times: 4, match: phone.paymentSn }])
  await guest.pay(phone)
  const amount = { total: 1, payer_total: 1, currency: 'CNY', payer_currency: 'CNY' }
  await wechat.sendNotice(phone.paymentSn, { amount })
}

const lives: { weight: number; item: Life }[] = [
  { weight: 30, item: pays },
  { weight: 12, item: stays },
  { weight: 12, item: changesPlans },
  { weight: 8, item: cancels },
  { weight: 8, item: cancelsWhilePaying },
  { weight: 5, item: staysAndChangesPlans },
  { weight: 6, item: paysLate },
  { weight: 6, item: tapsTwice },
  { weight: 4, item: leaves },
  { weight: 5, item: isRefundedManually },
  { weight: 2, item: isRefundedUnheard },
  { weight: 3, item: paysAfterAWhile },
  { weight: 4, item: isMisreported },
]

/** How the guests of a run fared, as far as they can tell. */
export interface Fared {
  ended: number
  /** Whoever was refused, or got no answer for a minute; by the reason. */
  gaveUp: Map<string, number>
}

/** Guests come one after the other, so many at once, as long as more shall come. */
export async function drive(
  town: Town,
  { atOnce, seed, isOver }: { atOnce: number; seed: number; isOver: (guests: number) => boolean },
): Promise<Fared> {
  const fared: Fared = { ended: 0, gaveUp: new Map() }
  let nth = 0
  const guests = Array.from({ length: atOnce }, async () => {
    while (!isOver(nth)) {
      nth += 1
      const openid = `guest_${seed}_${nth}`
      const own = { ...town, random: createRandom(seed + nth * 7_919) }
      const live = pickWeighted(own.random, lives)
      try {
        await live(await arrive(own, openid), own)
        fared.ended += 1
      } catch (error) {
        const reason = String(error).replaceAll(/\b(HO|PA|guest_)\w+/g, '…')
        fared.gaveUp.set(reason, (fared.gaveUp.get(reason) ?? 0) + 1)
      }
    }
  })
  await Promise.all(guests)
  return fared
}
