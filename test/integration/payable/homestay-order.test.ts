import { givenOrder } from '../../harness/fixtures.ts'
import { describePayable } from '../../harness/payable-contract.ts'

describePayable('a homestay order', {
  serviceType: 'HOMESTAY_ORDER',
  install: async (app) => app.deps,
  givenOrder: async (app, guest) => {
    const { order } = await givenOrder(app, { guest })
    return { orderSn: order.sn, totalFen: order.orderTotalPrice }
  },
  passDeadline: async (app, sn) => {
    await app.deps.db.$executeRaw`UPDATE homestay_order SET "payBefore" = now() - interval '1 minute' WHERE sn = ${sn}`
  },
})
