import { OperatorRole } from '../../../prisma/client/enums.ts'
import type { SignedIn } from '../../operator/session.ts'
import { builder } from './builder.ts'

const OperatorRoleRef = builder.enumType(OperatorRole, {
  name: 'OperatorRole',
  description: 'A viewer decides nothing.',
})

const MeRef = builder.objectRef<SignedIn>('Me').implement({
  description: 'Who is signed in.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    role: t.expose('role', { type: OperatorRoleRef }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the session ends, unless it is ended before.',
    }),
  }),
})

builder.queryField('me', (t) => t.field({ type: MeRef, resolve: (_root, _args, { operator }) => operator }))
