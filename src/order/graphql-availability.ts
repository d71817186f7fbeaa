import { builder } from '../graphql/builder.ts'
import { createUserError } from '../graphql/context.ts'
import { holdsAtMost } from '../graphql/list-size.ts'
import { findAvailability, findRangeFault, MAX_LISTED_NIGHTS, type Night } from './availability.ts'

const HomestayNightRef = builder.objectRef<Night>('HomestayNight').implement({
  description: 'A night of a homestay.',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date', description: 'The day on which it begins.' }),
    free: t.exposeBoolean('isFree', { description: 'Whether it can be booked now.' }),
    homestayPrice: t.exposeInt('homestayPrice', { description: 'Fen a night, or a person and night: see `pricedBy`.' }),
  }),
})

builder.queryField('homestayAvailability', (t) =>
  t.field({
    type: [HomestayNightRef],
    nullable: true,
    description: 'Which nights of a homestay on the shelf are free, 92 at most; null when there is none.',
    extensions: holdsAtMost(MAX_LISTED_NIGHTS),
    args: {
      id: t.arg.id({ required: true }),
      from: t.arg({ type: 'Date', required: true, description: 'The first night.' }),
      to: t.arg({ type: 'Date', required: true, description: 'The day after the last night.' }),
    },
    resolve: async (_root, { id, from, to }, { deps }) => {
      const fault = findRangeFault({ from, to })
      if (fault) throw createUserError('BAD_USER_INPUT', fault)
      return findAvailability(deps, { homestayId: id, from, to })
    },
  }),
)
