import { describe, expect } from '../../harness/app.ts'
import { givenPaid } from '../../harness/fixtures.ts'
import { test } from '../../harness/graphql.ts'

const FIELDS = 'sn tradeState tradeCode'

describe('the entry code of an order whose payment is on hold', () => {
  test('hides the entry code while the payment is on hold, in the order and in the list', async ({ app, graphql }) => {
    const { order, payment, guest } = await givenPaid(app)
    const client = await graphql.as(guest)
    const read = async () => {
      const { homestayOrder, homestayOrders } = await client.run<{
        homestayOrder: { tradeCode: string | null }
        homestayOrders: { edges: { node: { tradeCode: string | null } }[] }
      }>(`query ($sn: ID!) { homestayOrder(sn: $sn) { ${FIELDS} } homestayOrders { edges { node { ${FIELDS} } } } }`, {
        sn: order.sn,
      })
      return [homestayOrder.tradeCode, homestayOrders.edges[0]?.node.tradeCode]
    }
    expect(await read()).toEqual([order.tradeCode, order.tradeCode])

    await app.deps.db.payment.update({ where: { sn: payment.sn }, data: { heldAt: new Date() } })

    expect(await read()).toEqual([null, null])
  })
})
