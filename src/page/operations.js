const homestay = `id title subTitle info peopleNum pricedBy
      homestayPrice marketHomestayPrice foodInfo foodPrice`
const payment = 'sn status underReview version payTotal payerTotal refundedTotal transactionId'
const order = `sn tradeState tradeCode homestayId title subTitle pricedBy
    liveStartDate liveEndDate livePeopleNum needFood
    homestayTotalPrice foodTotalPrice orderTotalPrice payBefore
    payment { ${payment} }`

/** Every GraphQL operation of the page, by name. */
export const operations = {
  wxLogin: `mutation ($code: String!) {
  wxLogin(input: { code: $code }) {
    __typename
    ... on Session { accessToken expiresAt user { id nickname } }
    ... on WechatUnavailableError { retryable }
    ... on Error { code message }
  }
}`,
  homestays: `query {
  homestays(first: 100) {
    edges { node {
      ${homestay}
    } }
  }
}`,
  homestayOrders: `query {
  homestayOrders(first: 100) { edges { node {
    ${order}
  } } }
}`,
  homestayOrder: `query ($sn: ID!) {
  homestayOrder(sn: $sn) {
    ${order}
  }
}`,
  createHomestayOrder: `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) {
    __typename
    ... on HomestayOrder {
    ${order}
    }
    ... on InvalidInputError { fields { path message } }
    ... on Error { code message }
  }
}`,
  cancelHomestayOrder: `mutation ($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) {
    __typename
    ... on HomestayOrder { sn tradeState }
    ... on WechatUnavailableError { retryable }
    ... on Error { code message }
  }
}`,
  refundHomestayOrder: `mutation ($sn: ID!) {
  refundHomestayOrder(input: { sn: $sn }) {
    __typename
    ... on HomestayOrder { sn tradeState }
    ... on Error { code message }
  }
}`,
  wxPay: `mutation ($orderSn: ID!) {
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
  paymentStatus: `query ($sn: ID!) {
  paymentStatus(sn: $sn) { ${payment} }
}`,
  paymentStatusChanged: `subscription ($sn: ID!) {
  paymentStatusChanged(sn: $sn) { ${payment} }
}`,
  redeemTradeCode: `mutation ($tradeCode: String!) {
  redeemTradeCode(input: { tradeCode: $tradeCode }) {
    __typename
    ... on HomestayOrder {
      sn tradeState homestayId title liveStartDate liveEndDate livePeopleNum needFood
    }
    ... on Error { code message }
  }
}`,
}
