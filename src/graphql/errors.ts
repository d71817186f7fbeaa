import {
  type DomainError,
  type ErrorCode,
  type InvalidField,
  InvalidInputError,
  NotFoundError,
  RateLimitedError,
  WechatUnavailableError,
} from '../errors.ts'
import { builder } from './builder.ts'

const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'What went wrong, for programs; each code has a type of its own.',
  values: {
    INVALID_INPUT: { description: 'Some input fields break their rules.' },
    NOT_FOUND: { description: 'There is no such thing, or not for this viewer.' },
    LOGIN_CODE_INVALID: { description: 'WeChat doesn’t know the code, or it was used already.' },
    HOMESTAY_UNAVAILABLE: { description: 'The homestay is taken on at least one of the nights.' },
    TOO_MANY_UNPAID_ORDERS: { description: 'The guest holds as many unpaid orders as allowed.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The key belongs to a booking with other input.' },
    ORDER_NOT_PAYABLE: { description: 'The order doesn’t wait for a payment any more.' },
    ORDER_ALREADY_PAID: { description: 'The money is there already.' },
    ORDER_NOT_CANCELLABLE: { description: 'The order is past cancelling.' },
    ORDER_NOT_REFUNDABLE: { description: 'The order can’t be refunded any more, or not yet.' },
    TRADE_CODE_INVALID: { description: 'No order of this host can be redeemed with the code.' },
    RATE_LIMITED: { description: 'Too many requests of this kind.' },
    WECHAT_UNAVAILABLE: { description: 'WeChat gave no usable answer; the request may be repeated.' },
  } as const satisfies Record<ErrorCode, { description: string }>,
})

/** What every error type of a mutation's union implements. */
export const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An expected failure. Ask for it as `... on Error { code message }` to survive kinds added later.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef }),
    message: t.exposeString('message', { description: 'What happened and what to do, for a person.' }),
  }),
})

const InvalidFieldRef = builder.objectRef<InvalidField>('InvalidField').implement({
  description: 'An input field that breaks its rules.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its path inside the input, like `livePeopleNum`.' }),
    message: t.exposeString('message', { description: 'The rule.' }),
  }),
})

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'Some input fields break their rules; nothing was changed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ fields: t.expose('fields', { type: [InvalidFieldRef] }) }),
})

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'There is no such thing, or not for this viewer.',
  interfaces: [ErrorInterface],
})

builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  description: 'Too many requests of this kind.',
  interfaces: [ErrorInterface],
  fields: (t) => ({ retryAfterSeconds: t.exposeInt('retryAfterSeconds') }),
})

builder.objectType(WechatUnavailableError, {
  name: 'WechatUnavailableError',
  description: 'WeChat gave no usable answer; nothing is lost, and the request may be repeated.',
  interfaces: [ErrorInterface],
})
