import type { HttpRequest } from './notices.ts'

/** The documents that clients send, as the client package has them. */
const BOOK = `mutation ($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) { __typename ... on HomestayOrder { sn } ... on Error { code message } }
}`
const TAP = `mutation ($sn: ID!) {
  wxPay(input: { orderSn: $sn }) {
    __typename
    ... on WxPayParams { paymentSn appId timeStamp nonceStr package signType paySign }
    ... on Error { code message }
  }
}`
const STATUS = `query ($sn: ID!) {
  paymentStatus(sn: $sn) { sn orderSn status tradeState payTotal payerTotal transactionId payTime version }
}`
const ORDERS = `query {
  homestayOrders(first: 20) { edges { node { sn tradeState title orderTotalPrice payment { status } } } }
}`

export const WATCH = `subscription ($sn: ID!) {
  paymentStatusChanged(sn: $sn) { sn status tradeState payTotal version }
}`

/** A GraphQL operation as an HTTP request. */
export function operation(token: string, query: string, variables: object = {}): HttpRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return { method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query, variables }) }
}

export function bookRequest(
  token: string,
  { homestayId, day, nextDay }: { homestayId: string; day: string; nextDay: string },
): HttpRequest {
  const input = { homestayId, liveStartDate: day, liveEndDate: nextDay, livePeopleNum: 2 }
  return operation(token, BOOK, { input })
}

export const tapRequest = (token: string, sn: string) => operation(token, TAP, { sn })
export const statusRequest = (token: string, sn: string) => operation(token, STATUS, { sn })
export const ordersRequest = (token: string) => operation(token, ORDERS)
