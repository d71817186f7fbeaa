import type { User } from '../../prisma/client/client.ts'
import { InvalidInputError, RateLimitedError, WechatUnavailableError } from '../errors.ts'
import { ASKS_NO_DATABASE } from '../graphql/asks-database.ts'
import { builder } from '../graphql/builder.ts'
import { createUnauthenticatedError, requireSession } from '../graphql/context.ts'
import { errorType } from '../graphql/errors.ts'
import { maskPhone } from '../infra/mask.ts'
import { LoginCodeInvalidError } from './errors.ts'
import { logIn } from './login.ts'
import { endAllSessions, endSession, replaceSession, type StartedSession } from './session.ts'

const UserRef = builder.prismaObject('User', {
  description: 'A person who signed in with WeChat.',
  fields: (t) => ({
    id: t.exposeID('id'),
    nickname: t.exposeString('nickname'),
    phoneNumber: t.string({
      nullable: true,
      description: 'Masked, like `138****1234`; null until it was given at a login.',
      resolve: ({ phoneNumber }) => (phoneNumber === null ? null : maskPhone(phoneNumber)),
    }),
  }),
})

const SessionRef = builder.objectRef<StartedSession & { user: User }>('Session').implement({
  description: 'A signed-in device.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { description: 'Send it as `authorization: Bearer …`.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    refreshAfter: t.expose('refreshAfter', {
      type: 'DateTime',
      description: 'From then on `refreshSession` should be called, before `expiresAt`.',
    }),
    user: t.expose('user', { type: UserRef }),
  }),
})

errorType(LoginCodeInvalidError)

const WxLoginInput = builder.inputType('WxLoginInput', {
  fields: (t) => ({
    code: t.string({ required: true, description: 'From `wx.login`.' }),
    phoneCode: t.string({ description: 'From a button with `open-type="getPhoneNumber"`; not the login code.' }),
  }),
})

builder.queryField('me', (t) =>
  t.field({
    type: UserRef,
    nullable: true,
    description: 'Who is signed in; null for the anonymous.',
    extensions: ASKS_NO_DATABASE,
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)

builder.mutationField('wxLogin', (t) =>
  t.field({
    type: SessionRef,
    description: 'Signs in with the code of `wx.login`; the first time makes the account.',
    errors: { types: [InvalidInputError, LoginCodeInvalidError, RateLimitedError, WechatUnavailableError] },
    args: { input: t.arg({ type: WxLoginInput, required: true }) },
    resolve: async (_root, { input }, { deps, rates, address }) => {
      await rates.count('signInsPerAddressMinute', address)
      return logIn(deps, input)
    },
  }),
)

builder.mutationField('refreshSession', (t) =>
  t.field({
    type: SessionRef,
    description: 'A new token for the same user; the one that it is asked with ends.',
    authScopes: { viewer: true },
    resolve: async (_root, _args, ctx) => {
      const { sessionId, viewer } = requireSession(ctx)
      await ctx.rates.count('refreshesPerUserMinute', viewer.id)
      const session = await replaceSession(ctx.deps, { sessionId, userId: viewer.id })
      if (!session) throw createUnauthenticatedError()
      return { ...session, user: viewer }
    },
  }),
)

builder.mutationField('logout', (t) =>
  t.boolean({
    description: 'Ends the session, or every session of the user; true when that is done.',
    authScopes: { viewer: true },
    args: { everywhere: t.arg.boolean({ required: true, defaultValue: false }) },
    resolve: async (_root, { everywhere }, ctx) => {
      const { sessionId, viewer } = requireSession(ctx)
      await (everywhere ? endAllSessions(ctx.deps, { userId: viewer.id }) : endSession(ctx.deps, { sessionId }))
      return true
    },
  }),
)
