/** Every field of an order. */
const ORDER = `
  __typename sn tradeState tradeCode homestayId title subTitle cover info pricedBy homestayPrice foodPrice
  homestayTotalPrice foodTotalPrice orderTotalPrice liveStartDate liveEndDate livePeopleNum needFood remark payBefore
  createdAt payment { sn orderSn status } messages { kind status sentAt }`

export const CREATE = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) {
    ... on HomestayOrder { ${ORDER} }
    ... on InvalidInputError { fields { path message } }
    ... on Error { __typename code message }
  }
}`
export const READ = `query ($sn: ID!) { homestayOrder(sn: $sn) { ${ORDER} } }`
export const LIST = `query ($tradeState: OrderTradeState, $first: Int, $after: String) {
  homestayOrders(tradeState: $tradeState, first: $first, after: $after) {
    edges { node { ${ORDER} } } pageInfo { endCursor hasNextPage }
  }
}`
export const CANCEL = `mutation ($sn: ID!) {
  cancelHomestayOrder(input: { sn: $sn }) {
    ... on HomestayOrder { ${ORDER} }
    ... on OrderNotCancellableError { tradeState }
    ... on Error { __typename code message }
  }
}`
export const REFUND = `mutation ($sn: ID!, $reason: String) {
  refundHomestayOrder(input: { sn: $sn, reason: $reason }) {
    ... on HomestayOrder { ${ORDER} }
    ... on OrderNotRefundableError { tradeState }
    ... on Error { __typename code message }
  }
}`
export const REDEEM = `mutation ($tradeCode: String!) {
  redeemTradeCode(input: { tradeCode: $tradeCode }) {
    ... on HomestayOrder { ${ORDER} }
    ... on Error { __typename code message }
  }
}`

export interface Order {
  sn: string
  tradeState: string
  tradeCode: string | null
  payment: { sn: string; status: string } | null
  messages: { kind: string; status: string; sentAt: string | null }[]
}
export interface OrderAnswer {
  homestayOrder: Order | null
}
export interface OrderList {
  homestayOrders: { edges: { node: Order }[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
}
