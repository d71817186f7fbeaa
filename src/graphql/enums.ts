import type { HomestayPricing, OrderTradeState, PayMode, PayStatus } from '../../prisma/client/enums.ts'
import { builder } from './builder.ts'

type Values<Name extends string> = { [Value in Name]: { description: string } }

export const HomestayPricingRef = builder.enumType('HomestayPricing', {
  description: 'What a price is for.',
  values: {
    NIGHT: { description: 'The whole homestay for a night.' },
    PERSON_NIGHT: { description: 'One person for a night.' },
  } as const satisfies Values<HomestayPricing>,
})

export const OrderTradeStateRef = builder.enumType('OrderTradeState', {
  description: 'Where an order stands.',
  values: {
    WAIT_PAY: { description: 'Waits for its payment, until `payBefore`.' },
    CANCELLED: { description: 'Cancelled by its guest, or not paid in time.' },
    WAIT_USE: { description: 'Paid; the host hasn’t redeemed its code yet.' },
    USED: { description: 'Redeemed by the host.' },
    REFUNDING: { description: 'Its money is on the way back.' },
    REFUNDED: { description: 'Its money went back in whole.' },
    EXPIRED: { description: 'Paid and never used; its days are over.' },
  } as const satisfies Values<OrderTradeState>,
})

export const PayStatusRef = builder.enumType('PayStatus', {
  description: 'Where a payment stands, by our books.',
  values: {
    PENDING: { description: 'Waits for the money.' },
    SUCCESS: { description: 'Paid.' },
    CLOSED: { description: 'Closed at WeChat before any money came.' },
    REFUNDING: { description: 'Paid, and a refund is under way.' },
    REFUNDED: { description: 'Paid, and refunded in whole.' },
  } as const satisfies Values<PayStatus>,
})

const serviceTypes = { HOMESTAY_ORDER: { description: 'A booking of a homestay.' } } as const

/** Every kind of thing that clients can pay for: the keys of the `Payables`. */
export type ServiceType = keyof typeof serviceTypes

export const ServiceTypeRef = builder.enumType('ServiceType', {
  description: 'What is paid for.',
  values: serviceTypes,
})

export const PayModeRef = builder.enumType('PayMode', {
  description: 'How it is paid.',
  values: { WECHAT_PAY: { description: 'WeChat Pay in a mini-program.' } } as const satisfies Values<PayMode>,
})
