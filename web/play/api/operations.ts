const PAYMENT = /* GraphQL */ `fragment PaymentFields on Payment {
  sn status underReview version payTotal payerTotal refundedTotal transactionId
}`

const ORDER = /* GraphQL */ `fragment OrderFields on HomestayOrder {
  sn tradeState tradeCode homestayId title subTitle pricedBy
  liveStartDate liveEndDate livePeopleNum needFood
  homestayTotalPrice foodTotalPrice orderTotalPrice payBefore
  payment { ...PaymentFields }
  messages { kind status }
}`

/**
 * Every GraphQL operation of the page, by the field that it asks for. `npm run codegen` makes their types: it reads the
 * texts as they stand here, and finds fragments by their names.
 */
export const operations = {
  wxLogin: /* GraphQL */ `mutation WxLogin($code: String!) {
  wxLogin(input: { code: $code }) {
    __typename
    ... on Session { accessToken expiresAt user { id nickname } }
    ... on WechatUnavailableError { retryable }
    ... on Error { code message }
  }
}`,
  homestays: /* GraphQL */ `query Homestays {
  homestays(first: 100) {
    edges { node {
      id title subTitle info peopleNum pricedBy
      homestayPrice marketHomestayPrice foodInfo foodPrice
    } }
  }
}`,
  homestayAvailability: /* GraphQL */ `query HomestayAvailability($id: ID!, $from: Date!, $to: Date!) {
  homestayAvailability(id: $id, from: $from, to: $to) { date free homestayPrice }
}`,
  homestayOrders: /* GraphQL */ `query HomestayOrders {
  homestayOrders(first: 100) { edges { node { ...OrderFields } } }
}
${ORDER}
${PAYMENT}`,
  homestayOrder: /* GraphQL */ `query HomestayOrder($sn: ID!) {
  homestayOrder(sn: $sn) { ...OrderFields }
}
${ORDER}
${PAYMENT}`,
  createHomestayOrder: /* GraphQL */ `mutation CreateHomestayOrder($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) {
    __typename
    ... on HomestayOrder { ...OrderFields }
    ... on InvalidInputError { fields { path message } }
    ... on Error { code message }
  }
}
${ORDER}
${PAYMENT}`,
  cancelHomestayOrder: /* GraphQL */ `mutation CancelHomestayOrder($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) {
    __typename
    ... on HomestayOrder { sn tradeState }
    ... on WechatUnavailableError { retryable }
    ... on Error { code message }
  }
}`,
  refundHomestayOrder: /* GraphQL */ `mutation RefundHomestayOrder($sn: ID!) {
  refundHomestayOrder(input: { sn: $sn }) {
    __typename
    ... on HomestayOrder { sn tradeState }
    ... on Error { code message }
  }
}`,
  messageTemplates: /* GraphQL */ `query MessageTemplates {
  messageTemplates { kind templateId }
}`,
  recordMessageConsent: /* GraphQL */ `mutation RecordMessageConsent($input: RecordMessageConsentInput!) {
  recordMessageConsent(input: $input) {
    __typename
    ... on HomestayOrder { sn messages { kind status } }
    ... on Error { code message }
  }
}`,
  orderMessages: /* GraphQL */ `query OrderMessages($sn: ID!) {
  orderMessages: homestayOrder(sn: $sn) { messages { kind status } }
}`,
  wxPay: /* GraphQL */ `mutation WxPay($orderSn: ID!) {
  wxPay(input: { orderSn: $orderSn }) {
    __typename
    ... on WxPayParams {
      paymentSn appId timeStamp nonceStr package signType paySign
    }
    ... on OrderAlreadyPaidError { paymentSn }
    ... on WechatUnavailableError { retryable }
    ... on Error { code message }
  }
}`,
  paymentStatus: /* GraphQL */ `query PaymentStatus($sn: ID!) {
  paymentStatus(sn: $sn) { ...PaymentFields }
}
${PAYMENT}`,
  paymentStatusChanged: /* GraphQL */ `subscription PaymentStatusChanged($sn: ID!) {
  paymentStatusChanged(sn: $sn) { ...PaymentFields }
}
${PAYMENT}`,
  redeemTradeCode: /* GraphQL */ `mutation RedeemTradeCode($tradeCode: String!) {
  redeemTradeCode(input: { tradeCode: $tradeCode }) {
    __typename
    ... on HomestayOrder {
      sn tradeState homestayId title liveStartDate liveEndDate livePeopleNum needFood
    }
    ... on Error { code message }
  }
}`,
} as const
