import type { ObjectFieldsShape, ParentShape } from '@pothos/core'
import {
  type DomainError,
  type ErrorDeclaration,
  type InvalidField,
  InvalidInputError,
  NotFoundError,
  RateLimitedError,
  WechatUnavailableError,
} from '../errors.ts'
import { builder } from './builder.ts'

/** The values of the enum `ErrorCode`: the codes of the errors registered so far. */
const codes: Record<string, { description: string }> = {}

/** What every error type of a mutation's union implements. */
const ErrorInterface = builder.interfaceRef<DomainError>('Error').implement({
  description: 'An expected failure. Ask for it as `... on Error { code message }` to survive kinds added later.',
  // Runs when the schema is built, and by then every noun has registered its errors.
  fields: (t) => ({
    code: t.expose('code', {
      type: builder.enumType('ErrorCode', {
        description: 'What went wrong, for programs; each code has a type of its own.',
        values: codes,
      }),
    }),
    message: t.string({
      description: 'What happened and what to do, in the language asked for.',
      resolve: ({ text }, _args, { language }) => text[language],
    }),
  }),
})

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Used> ? Used : never

type ErrorClass = ErrorDeclaration & (new (...input: never[]) => DomainError)

/**
 * Registers an expected failure with the API: its GraphQL type, named like its class, and its code in the enum
 * `ErrorCode`. Mutations then name the class in their `errors.types`.
 *
 * @param fields what its type has besides `code` and `message`.
 */
export function errorType<Failure extends ErrorClass>(
  failure: Failure & { code: InstanceType<Failure>['code'] },
  fields?: ObjectFieldsShape<Types, ParentShape<Types, Failure>>,
): void {
  const { name, code, description, typeDescription = description }: ErrorClass = failure
  if (code in codes) throw new Error(`${name} declares ${code}, which is registered already`)
  codes[code] = { description }
  const expected: new (...input: never[]) => DomainError = failure
  builder.objectType(expected, { name, description: typeDescription }).addInterfaces([ErrorInterface])
  if (fields) builder.objectFields<Failure>(failure, fields)
}

const InvalidFieldRef = builder.objectRef<InvalidField>('InvalidField').implement({
  description: 'An input field that breaks its rules.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its path inside the input, like `livePeopleNum`.' }),
    message: t.string({ description: 'The rule.', resolve: ({ text }, _args, { language }) => text[language] }),
  }),
})

errorType(InvalidInputError, (t) => ({ fields: t.expose('fields', { type: [InvalidFieldRef] }) }))
errorType(NotFoundError)
errorType(RateLimitedError, (t) => ({ retryAfterSeconds: t.exposeInt('retryAfterSeconds') }))
errorType(WechatUnavailableError, (t) => ({
  retryable: t.exposeBoolean('retryable', {
    description: 'False when the same request can’t succeed until somebody has mended something; an operator knows.',
  }),
}))
