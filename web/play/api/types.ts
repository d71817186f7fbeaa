import type * as Generated from '../generated/graphql.ts'

/** What each operation takes, and what its only field gives. */
export interface Operations {
  wxLogin: { takes: Generated.WxLoginMutationVariables; gives: Generated.WxLoginMutation['wxLogin'] }
  homestays: { takes: Generated.HomestaysQueryVariables; gives: Generated.HomestaysQuery['homestays'] }
  homestayAvailability: {
    takes: Generated.HomestayAvailabilityQueryVariables
    gives: Generated.HomestayAvailabilityQuery['homestayAvailability']
  }
  homestayOrders: {
    takes: Generated.HomestayOrdersQueryVariables
    gives: Generated.HomestayOrdersQuery['homestayOrders']
  }
  homestayOrder: {
    takes: Generated.HomestayOrderQueryVariables
    gives: Generated.HomestayOrderQuery['homestayOrder']
  }
  createHomestayOrder: {
    takes: Generated.CreateHomestayOrderMutationVariables
    gives: Generated.CreateHomestayOrderMutation['createHomestayOrder']
  }
  cancelHomestayOrder: {
    takes: Generated.CancelHomestayOrderMutationVariables
    gives: Generated.CancelHomestayOrderMutation['cancelHomestayOrder']
  }
  refundHomestayOrder: {
    takes: Generated.RefundHomestayOrderMutationVariables
    gives: Generated.RefundHomestayOrderMutation['refundHomestayOrder']
  }
  messageTemplates: {
    takes: Generated.MessageTemplatesQueryVariables
    gives: Generated.MessageTemplatesQuery['messageTemplates']
  }
  recordMessageConsent: {
    takes: Generated.RecordMessageConsentMutationVariables
    gives: Generated.RecordMessageConsentMutation['recordMessageConsent']
  }
  orderMessages: {
    takes: Generated.OrderMessagesQueryVariables
    gives: Generated.OrderMessagesQuery['orderMessages']
  }
  wxPay: { takes: Generated.WxPayMutationVariables; gives: Generated.WxPayMutation['wxPay'] }
  paymentStatus: {
    takes: Generated.PaymentStatusQueryVariables
    gives: Generated.PaymentStatusQuery['paymentStatus']
  }
  redeemTradeCode: {
    takes: Generated.RedeemTradeCodeMutationVariables
    gives: Generated.RedeemTradeCodeMutation['redeemTradeCode']
  }
}

export type OperationName = keyof Operations
export type Homestay = Operations['homestays']['gives']['edges'][number]['node']
export type Night = NonNullable<Operations['homestayAvailability']['gives']>[number]
export type Order = NonNullable<Operations['homestayOrder']['gives']>
export type Payment = NonNullable<Operations['paymentStatus']['gives']>
export type OrderMessage = Order['messages'][number]
export type MessageTemplate = Operations['messageTemplates']['gives'][number]
export type PayParams = Extract<Operations['wxPay']['gives'], { paySign: string }>
export type RedeemedOrder = Extract<Operations['redeemTradeCode']['gives'], { liveStartDate: string }>
