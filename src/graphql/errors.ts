import type { ObjectFieldsShape, ParentShape } from '@pothos/core'
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

/** What each code means. Its type says the same, or `ofType` where there is more to say. */
const meanings = {
  INVALID_INPUT: {
    description: 'Some input fields break their rules.',
    ofType: 'Some input fields break their rules; nothing was changed.',
  },
  NOT_FOUND: { description: 'There is no such thing, or not for this viewer.' },
  LOGIN_CODE_INVALID: {
    description: 'WeChat doesn’t know the code, or it was used already.',
    ofType: 'WeChat doesn’t know one of the codes, or it was used already.',
  },
  HOMESTAY_UNAVAILABLE: { description: 'The homestay is taken on at least one of the nights.' },
  TOO_MANY_UNPAID_ORDERS: { description: 'The guest holds as many unpaid orders as allowed.' },
  IDEMPOTENCY_KEY_REUSED: { description: 'The key belongs to a booking with other input.' },
  ORDER_NOT_PAYABLE: { description: 'The order doesn’t wait for a payment any more.' },
  ORDER_ALREADY_PAID: { description: 'The money is there already.' },
  ORDER_NOT_CANCELLABLE: { description: 'The order is past cancelling.' },
  ORDER_NOT_REFUNDABLE: { description: 'The order can’t be refunded any more, or not yet.' },
  TRADE_CODE_INVALID: { description: 'No order of this host can be redeemed with the code.' },
  RATE_LIMITED: { description: 'Too many requests of this kind.' },
  WECHAT_UNAVAILABLE: {
    description: 'WeChat gave no usable answer; the request may be repeated.',
    ofType: 'WeChat gave no usable answer; nothing is lost, and the request may be repeated.',
  },
} satisfies Record<ErrorCode, { description: string; ofType?: string }>

const ErrorCodeRef = builder.enumType('ErrorCode', {
  description: 'What went wrong, for programs; each code has a type of its own.',
  values: meanings,
})

/** What every error type of a mutation's union implements. */
export const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An expected failure. Ask for it as `... on Error { code message }` to survive kinds added later.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeRef }),
    message: t.exposeString('message', { description: 'What happened and what to do, for a person.' }),
  }),
})

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Used> ? Used : never

/** Makes the GraphQL type of an expected failure, named like its class and described as its code is. */
export function errorType<Failure extends new (...input: never[]) => DomainError>(
  failure: Failure,
  code: InstanceType<Failure>['code'],
  fields?: ObjectFieldsShape<Types, ParentShape<Types, Failure>>,
): void {
  const { description, ofType }: { description: string; ofType?: string } = meanings[code]
  const expected: new (...input: never[]) => DomainError = failure
  builder
    .objectType(expected, { name: failure.name, description: ofType ?? description })
    .addInterfaces([ErrorInterface])
  if (fields) builder.objectFields(failure, fields)
}

const InvalidFieldRef = builder.objectRef<InvalidField>('InvalidField').implement({
  description: 'An input field that breaks its rules.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its path inside the input, like `livePeopleNum`.' }),
    message: t.exposeString('message', { description: 'The rule.' }),
  }),
})

errorType(InvalidInputError, 'INVALID_INPUT', (t) => ({ fields: t.expose('fields', { type: [InvalidFieldRef] }) }))
errorType(NotFoundError, 'NOT_FOUND')
errorType(RateLimitedError, 'RATE_LIMITED', (t) => ({ retryAfterSeconds: t.exposeInt('retryAfterSeconds') }))
errorType(WechatUnavailableError, 'WECHAT_UNAVAILABLE')
