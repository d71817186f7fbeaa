import type { HomestayPricing } from '../../prisma/client/enums.ts'
import { builder, type EnumValues } from '../graphql/builder.ts'
import { findPage, wherePage } from '../graphql/page.ts'

export const HomestayPricingRef = builder.enumType('HomestayPricing', {
  description: 'What a price is for.',
  values: {
    NIGHT: { description: 'The whole homestay for a night.' },
    PERSON_NIGHT: { description: 'One person for a night.' },
  } as const satisfies EnumValues<HomestayPricing>,
})

const HomestayRef = builder.prismaObject('Homestay', {
  description: 'A place that a host lets.',
  fields: (t) => ({
    id: t.exposeID('id'),
    title: t.exposeString('title'),
    subTitle: t.exposeString('subTitle'),
    cover: t.exposeString('cover', { description: 'URL of the cover picture.' }),
    info: t.exposeString('info'),
    peopleNum: t.exposeInt('peopleNum', { description: 'The most people it sleeps.' }),
    pricedBy: t.expose('pricedBy', { type: HomestayPricingRef }),
    homestayPrice: t.exposeInt('homestayPrice', { description: 'Fen a night, or a person and night: see `pricedBy`.' }),
    marketHomestayPrice: t.exposeInt('marketHomestayPrice', {
      description: 'Fen; the price to cross out, never charged.',
    }),
    foodInfo: t.exposeString('foodInfo'),
    foodPrice: t.exposeInt('foodPrice', { description: 'Fen a person and night.' }),
  }),
})

builder.queryField('homestay', (t) =>
  t.prismaField({
    type: HomestayRef,
    nullable: true,
    description: 'A homestay on the shelf.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }, { deps }) => deps.db.homestay.findFirst({ ...query, where: { id, onShelf: true } }),
  }),
)

builder.queryField('homestays', (t) =>
  t.connection({
    type: HomestayRef,
    description: 'The homestays on the shelf, newest first; 20 by default, 100 at most.',
    resolve: (_root, args, { deps }) =>
      findPage(
        args,
        (page) =>
          deps.db.homestay.findMany({
            where: { onShelf: true, AND: wherePage('id', page) },
            orderBy: [{ createdAt: page.direction }, { id: page.direction }],
            take: page.take,
          }),
        ({ createdAt, id }) => ({ createdAt, key: id }),
      ),
  }),
)
