/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type CancelHomestayOrderInput = {
  sn: string | number;
};

export type CreateHomestayOrderInput = {
  homestayId: string | number;
  /** The client’s own key for this booking, 1 to 64 characters: sent again, it gives the same order. */
  idempotencyKey?: string | null | undefined;
  /** The day of leaving, 1 to 30 nights later. */
  liveEndDate: string;
  /** As many as the homestay sleeps, at most. */
  livePeopleNum: number;
  /** The day of arrival: today or later, 730 days ahead at most. */
  liveStartDate: string;
  needFood?: boolean;
  /** For the host, 200 characters at most. */
  remark?: string | null | undefined;
};

/** What went wrong, for programs; each code has a type of its own. */
export type ErrorCode =
  /** The homestay is taken on at least one of the nights. */
  | 'HOMESTAY_UNAVAILABLE'
  /** The key belongs to a booking with other input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** Some input fields break their rules. */
  | 'INVALID_INPUT'
  /** WeChat doesn’t know the code, or it was used already. */
  | 'LOGIN_CODE_INVALID'
  /** There is no such thing, or not for this viewer. */
  | 'NOT_FOUND'
  /** The money is there already. */
  | 'ORDER_ALREADY_PAID'
  /** The order is past cancelling. */
  | 'ORDER_NOT_CANCELLABLE'
  /** The order doesn’t wait for a payment any more. */
  | 'ORDER_NOT_PAYABLE'
  /** The order can’t be refunded any more, or not yet. */
  | 'ORDER_NOT_REFUNDABLE'
  /** Too many requests of this kind. */
  | 'RATE_LIMITED'
  /** The guest holds as many unpaid orders as allowed. */
  | 'TOO_MANY_UNPAID_ORDERS'
  /** No order of this host can be redeemed with the code. */
  | 'TRADE_CODE_INVALID'
  /** WeChat gave no usable answer; the request may be repeated. */
  | 'WECHAT_UNAVAILABLE';

/** What a price is for. */
export type HomestayPricing =
  /** The whole homestay for a night. */
  | 'NIGHT'
  /** One person for a night. */
  | 'PERSON_NIGHT';

/** Where an order stands. */
export type OrderTradeState =
  /** Cancelled by its guest, or not paid in time. */
  | 'CANCELLED'
  /** Paid and never used; its days are over. */
  | 'EXPIRED'
  /** Its money went back in whole. */
  | 'REFUNDED'
  /** Its money is on the way back. */
  | 'REFUNDING'
  /** Redeemed by the host. */
  | 'USED'
  /** Waits for its payment, until `payBefore`. */
  | 'WAIT_PAY'
  /** Paid; the host hasn’t redeemed its code yet. */
  | 'WAIT_USE';

/** Where a payment stands, by our books. */
export type PayStatus =
  /** Closed at WeChat before any money came. */
  | 'CLOSED'
  /** Waits for the money. */
  | 'PENDING'
  /** Paid, and refunded in whole. */
  | 'REFUNDED'
  /** Paid, and a refund is under way. */
  | 'REFUNDING'
  /** Paid. */
  | 'SUCCESS';

export type RedeemTradeCodeInput = {
  /** As typed; case, spaces and hyphens don’t matter. */
  tradeCode: string;
};

export type RefundHomestayOrderInput = {
  /** Shown to the guest by WeChat. */
  reason?: string | null | undefined;
  sn: string | number;
};

/** What is paid for. */
export type ServiceType =
  /** A booking of a homestay. */
  | 'HOMESTAY_ORDER';

export type WxLoginInput = {
  /** From `wx.login`. */
  code: string;
  /** From a button with `open-type="getPhoneNumber"`; not the login code. */
  phoneCode?: string | null | undefined;
};

export type WxPayInput = {
  orderSn: string | number;
  serviceType?: ServiceType;
};

export type CreateHomestayOrderMutationVariables = Exact<{
  input: CreateHomestayOrderInput;
}>;


export type CreateHomestayOrderMutation = { createHomestayOrder:
    | { __typename: 'HomestayOrder', sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null }
    | { __typename: 'HomestayUnavailableError', code: ErrorCode, message: string }
    | { __typename: 'IdempotencyKeyReusedError', code: ErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: ErrorCode, message: string, fields: Array<{ path: string, message: string }> }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
    | { __typename: 'TooManyUnpaidOrdersError', code: ErrorCode, message: string }
   };

export type CancelHomestayOrderMutationVariables = Exact<{
  input: CancelHomestayOrderInput;
}>;


export type CancelHomestayOrderMutation = { cancelHomestayOrder:
    | { __typename: 'HomestayOrder', sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'OrderNotCancellableError', tradeState: OrderTradeState, code: ErrorCode, message: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
    | { __typename: 'WechatUnavailableError', code: ErrorCode, message: string }
   };

export type RefundHomestayOrderMutationVariables = Exact<{
  input: RefundHomestayOrderInput;
}>;


export type RefundHomestayOrderMutation = { refundHomestayOrder:
    | { __typename: 'HomestayOrder', sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null }
    | { __typename: 'InvalidInputError', code: ErrorCode, message: string, fields: Array<{ path: string, message: string }> }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'OrderNotRefundableError', tradeState: OrderTradeState, code: ErrorCode, message: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
   };

export type RedeemTradeCodeMutationVariables = Exact<{
  input: RedeemTradeCodeInput;
}>;


export type RedeemTradeCodeMutation = { redeemTradeCode:
    | { __typename: 'HomestayOrder', sn: string, tradeState: OrderTradeState, title: string, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
    | { __typename: 'TradeCodeInvalidError', code: ErrorCode, message: string }
   };

export type HomestayOrderStateFragment = { sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null };

export type HomestayOrderQueryVariables = Exact<{
  sn: string | number;
}>;


export type HomestayOrderQuery = { homestayOrder: { sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null } | null };

export type HomestayOrdersQueryVariables = Exact<{
  tradeState?: OrderTradeState | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type HomestayOrdersQuery = { homestayOrders: { edges: Array<{ node: { sn: string, tradeState: OrderTradeState, tradeCode: string | null, homestayId: string, title: string, subTitle: string, cover: string, info: string, pricedBy: HomestayPricing, homestayPrice: number, foodPrice: number, homestayTotalPrice: number, foodTotalPrice: number, orderTotalPrice: number, liveStartDate: string, liveEndDate: string, livePeopleNum: number, needFood: boolean, remark: string, payBefore: string, createdAt: string, payment: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HomestayStateFragment = { id: string, title: string, subTitle: string, cover: string, info: string, peopleNum: number, pricedBy: HomestayPricing, homestayPrice: number, marketHomestayPrice: number, foodInfo: string, foodPrice: number };

export type HomestaysQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type HomestaysQuery = { homestays: { edges: Array<{ node: { id: string, title: string, subTitle: string, cover: string, info: string, peopleNum: number, pricedBy: HomestayPricing, homestayPrice: number, marketHomestayPrice: number, foodInfo: string, foodPrice: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HomestayQueryVariables = Exact<{
  id: string | number;
}>;


export type HomestayQuery = { homestay: { id: string, title: string, subTitle: string, cover: string, info: string, peopleNum: number, pricedBy: HomestayPricing, homestayPrice: number, marketHomestayPrice: number, foodInfo: string, foodPrice: number } | null };

export type PaymentStateFragment = { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number };

export type PaymentStatusChangedSubscriptionVariables = Exact<{
  sn: string | number;
}>;


export type PaymentStatusChangedSubscription = { paymentStatusChanged: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } };

export type PaymentStatusQueryVariables = Exact<{
  sn: string | number;
}>;


export type PaymentStatusQuery = { paymentStatus: { sn: string, orderSn: string, status: PayStatus, tradeState: string | null, tradeStateDesc: string | null, payTotal: number, payerTotal: number | null, refundedTotal: number, payTime: string | null, version: number } | null };

export type SessionStateFragment = { accessToken: string, expiresAt: string, refreshAfter: string, user: { id: string, nickname: string, phoneNumber: string | null } };

export type WxLoginMutationVariables = Exact<{
  input: WxLoginInput;
}>;


export type WxLoginMutation = { wxLogin:
    | { __typename: 'InvalidInputError', code: ErrorCode, message: string, fields: Array<{ path: string, message: string }> }
    | { __typename: 'LoginCodeInvalidError', code: ErrorCode, message: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
    | { __typename: 'Session', accessToken: string, expiresAt: string, refreshAfter: string, user: { id: string, nickname: string, phoneNumber: string | null } }
    | { __typename: 'WechatUnavailableError', code: ErrorCode, message: string }
   };

export type RefreshSessionMutationVariables = Exact<{ [key: string]: never; }>;


export type RefreshSessionMutation = { refreshSession: { accessToken: string, expiresAt: string, refreshAfter: string, user: { id: string, nickname: string, phoneNumber: string | null } } };

export type LogoutMutationVariables = Exact<{
  everywhere?: boolean;
}>;


export type LogoutMutation = { logout: boolean };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, nickname: string, phoneNumber: string | null } | null };

export type WxPayMutationVariables = Exact<{
  input: WxPayInput;
}>;


export type WxPayMutation = { wxPay:
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'OrderAlreadyPaidError', paymentSn: string, code: ErrorCode, message: string }
    | { __typename: 'OrderNotPayableError', code: ErrorCode, message: string }
    | { __typename: 'RateLimitedError', retryAfterSeconds: number, code: ErrorCode, message: string }
    | { __typename: 'WechatUnavailableError', code: ErrorCode, message: string }
    | { __typename: 'WxPayParams', paymentSn: string, appId: string, timeStamp: string, nonceStr: string, package: string, signType: string, paySign: string }
   };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PaymentStateFragmentDoc = new TypedDocumentString(`
    fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}
    `, {"fragmentName":"PaymentState"}) as unknown as TypedDocumentString<PaymentStateFragment, unknown>;
export const HomestayOrderStateFragmentDoc = new TypedDocumentString(`
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
    fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`, {"fragmentName":"HomestayOrderState"}) as unknown as TypedDocumentString<HomestayOrderStateFragment, unknown>;
export const HomestayStateFragmentDoc = new TypedDocumentString(`
    fragment HomestayState on Homestay {
  id
  title
  subTitle
  cover
  info
  peopleNum
  pricedBy
  homestayPrice
  marketHomestayPrice
  foodInfo
  foodPrice
}
    `, {"fragmentName":"HomestayState"}) as unknown as TypedDocumentString<HomestayStateFragment, unknown>;
export const SessionStateFragmentDoc = new TypedDocumentString(`
    fragment SessionState on Session {
  accessToken
  expiresAt
  refreshAfter
  user {
    id
    nickname
    phoneNumber
  }
}
    `, {"fragmentName":"SessionState"}) as unknown as TypedDocumentString<SessionStateFragment, unknown>;
export const CreateHomestayOrderDocument = new TypedDocumentString(`
    mutation CreateHomestayOrder($input: CreateHomestayOrderInput!) {
  createHomestayOrder(input: $input) {
    __typename
    ...HomestayOrderState
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<CreateHomestayOrderMutation, CreateHomestayOrderMutationVariables>;
export const CancelHomestayOrderDocument = new TypedDocumentString(`
    mutation CancelHomestayOrder($input: CancelHomestayOrderInput!) {
  cancelHomestayOrder(input: $input) {
    __typename
    ...HomestayOrderState
    ... on OrderNotCancellableError {
      tradeState
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<CancelHomestayOrderMutation, CancelHomestayOrderMutationVariables>;
export const RefundHomestayOrderDocument = new TypedDocumentString(`
    mutation RefundHomestayOrder($input: RefundHomestayOrderInput!) {
  refundHomestayOrder(input: $input) {
    __typename
    ...HomestayOrderState
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
    ... on OrderNotRefundableError {
      tradeState
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<RefundHomestayOrderMutation, RefundHomestayOrderMutationVariables>;
export const RedeemTradeCodeDocument = new TypedDocumentString(`
    mutation RedeemTradeCode($input: RedeemTradeCodeInput!) {
  redeemTradeCode(input: $input) {
    __typename
    ... on HomestayOrder {
      sn
      tradeState
      title
      liveStartDate
      liveEndDate
      livePeopleNum
      needFood
      remark
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RedeemTradeCodeMutation, RedeemTradeCodeMutationVariables>;
export const HomestayOrderDocument = new TypedDocumentString(`
    query HomestayOrder($sn: ID!) {
  homestayOrder(sn: $sn) {
    ...HomestayOrderState
  }
}
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<HomestayOrderQuery, HomestayOrderQueryVariables>;
export const HomestayOrdersDocument = new TypedDocumentString(`
    query HomestayOrders($tradeState: OrderTradeState, $first: Int, $after: String) {
  homestayOrders(tradeState: $tradeState, first: $first, after: $after) {
    edges {
      node {
        ...HomestayOrderState
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HomestayOrderState on HomestayOrder {
  sn
  tradeState
  tradeCode
  homestayId
  title
  subTitle
  cover
  info
  pricedBy
  homestayPrice
  foodPrice
  homestayTotalPrice
  foodTotalPrice
  orderTotalPrice
  liveStartDate
  liveEndDate
  livePeopleNum
  needFood
  remark
  payBefore
  createdAt
  payment {
    ...PaymentState
  }
}
fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<HomestayOrdersQuery, HomestayOrdersQueryVariables>;
export const HomestaysDocument = new TypedDocumentString(`
    query Homestays($first: Int, $after: String) {
  homestays(first: $first, after: $after) {
    edges {
      node {
        ...HomestayState
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HomestayState on Homestay {
  id
  title
  subTitle
  cover
  info
  peopleNum
  pricedBy
  homestayPrice
  marketHomestayPrice
  foodInfo
  foodPrice
}`) as unknown as TypedDocumentString<HomestaysQuery, HomestaysQueryVariables>;
export const HomestayDocument = new TypedDocumentString(`
    query Homestay($id: ID!) {
  homestay(id: $id) {
    ...HomestayState
  }
}
    fragment HomestayState on Homestay {
  id
  title
  subTitle
  cover
  info
  peopleNum
  pricedBy
  homestayPrice
  marketHomestayPrice
  foodInfo
  foodPrice
}`) as unknown as TypedDocumentString<HomestayQuery, HomestayQueryVariables>;
export const PaymentStatusChangedDocument = new TypedDocumentString(`
    subscription PaymentStatusChanged($sn: ID!) {
  paymentStatusChanged(sn: $sn) {
    ...PaymentState
  }
}
    fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<PaymentStatusChangedSubscription, PaymentStatusChangedSubscriptionVariables>;
export const PaymentStatusDocument = new TypedDocumentString(`
    query PaymentStatus($sn: ID!) {
  paymentStatus(sn: $sn) {
    ...PaymentState
  }
}
    fragment PaymentState on Payment {
  sn
  orderSn
  status
  tradeState
  tradeStateDesc
  payTotal
  payerTotal
  refundedTotal
  payTime
  version
}`) as unknown as TypedDocumentString<PaymentStatusQuery, PaymentStatusQueryVariables>;
export const WxLoginDocument = new TypedDocumentString(`
    mutation WxLogin($input: WxLoginInput!) {
  wxLogin(input: $input) {
    __typename
    ...SessionState
    ... on InvalidInputError {
      fields {
        path
        message
      }
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    fragment SessionState on Session {
  accessToken
  expiresAt
  refreshAfter
  user {
    id
    nickname
    phoneNumber
  }
}`) as unknown as TypedDocumentString<WxLoginMutation, WxLoginMutationVariables>;
export const RefreshSessionDocument = new TypedDocumentString(`
    mutation RefreshSession {
  refreshSession {
    ...SessionState
  }
}
    fragment SessionState on Session {
  accessToken
  expiresAt
  refreshAfter
  user {
    id
    nickname
    phoneNumber
  }
}`) as unknown as TypedDocumentString<RefreshSessionMutation, RefreshSessionMutationVariables>;
export const LogoutDocument = new TypedDocumentString(`
    mutation Logout($everywhere: Boolean! = false) {
  logout(everywhere: $everywhere)
}
    `) as unknown as TypedDocumentString<LogoutMutation, LogoutMutationVariables>;
export const MeDocument = new TypedDocumentString(`
    query Me {
  me {
    id
    nickname
    phoneNumber
  }
}
    `) as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const WxPayDocument = new TypedDocumentString(`
    mutation WxPay($input: WxPayInput!) {
  wxPay(input: $input) {
    __typename
    ... on WxPayParams {
      paymentSn
      appId
      timeStamp
      nonceStr
      package
      signType
      paySign
    }
    ... on OrderAlreadyPaidError {
      paymentSn
    }
    ... on RateLimitedError {
      retryAfterSeconds
    }
    ... on Error {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<WxPayMutation, WxPayMutationVariables>;