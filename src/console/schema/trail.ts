import type { OperatorAct } from '../../../prisma/client/client.ts'
import { OperatorFace } from '../../../prisma/client/enums.ts'
import { holdsAtMost } from '../../graphql/list-size.ts'
import { listActs } from '../../operator/act.ts'
import { builder } from './builder.ts'

const MOST = 200

const FaceRef = builder.enumType(OperatorFace, { name: 'OperatorFace', description: 'By which face an operator acts.' })

const TrailRef = builder.objectRef<OperatorAct>('OperatorAct').implement({
  description: 'What an operator did: who, when and why.',
  fields: (t) => ({
    id: t.exposeID('id'),
    at: t.expose('at', { type: 'DateTime' }),
    operator: t.exposeString('operator', { description: 'The name: by the command whatever was given.' }),
    operatorId: t.exposeID('operatorId', {
      nullable: true,
      description: 'Who was signed in: a name may be somebody else’s later.',
    }),
    via: t.expose('via', { type: FaceRef, nullable: true, description: 'Null in acts from before it was kept.' }),
    action: t.exposeString('action', { description: 'As the command calls it: `review accept`.' }),
    number: t.exposeString('number', { description: 'What it is about; may be empty.' }),
    reason: t.exposeString('reason', { nullable: true }),
  }),
})

builder.queryField('acts', (t) =>
  t.field({
    type: [TrailRef],
    extensions: holdsAtMost(MOST),
    description: 'The newest acts, 200 at the most.',
    args: { limit: t.arg.int({ required: true, defaultValue: 50 }) },
    resolve: (_root, { limit }, { deps }) => listActs(deps.db, { limit: Math.min(Math.max(limit, 1), MOST) }),
  }),
)
