import type { Command } from 'commander'
import { OrderTradeState } from '../../prisma/client/enums.ts'
import { listOrders, listStuckOrders, type ShownOrder, type StuckOrder } from '../order/list.ts'
import { getUrgeable, type Urge, urgeOrder } from '../order/urge.ts'
import { yuan } from '../timeline/entry.ts'
import { readCount, readOneOf } from './arguments.ts'
import { byOf, optionsOf, sayResult, type Terminal } from './terminal.ts'

const urges: Record<Urge, { description: string; would: string }> = {
  apply: {
    description: 'applies its payments to an order now, and says why that fails',
    would: 'would apply its payments to',
  },
  close: {
    description: 'closes an unpaid order now, whose deadline is over, and says why that fails',
    would: 'would close at WeChat, and cancel,',
  },
  ship: {
    description: 'reports a redeemed order to WeChat now, which frees its money, and says why that fails',
    would: 'would report to WeChat',
  },
}

/** `admin orders …`: orders, and what keeps them from going on by themselves. */
export function addOrderCommands(program: Command, terminal: Terminal): void {
  const orders = program.command('orders').description('orders, and what keeps them from going on by themselves')
  orders
    .command('list')
    .description('the newest orders')
    .option('--state <state>', 'of this state, among the newest 10,000', readOneOf(Object.values(OrderTradeState)))
    .option('--limit <count>', 'how many at most', readCount, 20)
    .action(async (options: { state?: OrderTradeState; limit: number }, command: Command) => {
      const found = await listOrders(terminal.open().db, options)
      sayResult(terminal, optionsOf(command), { orders: found }, found.map(describeOrder))
    })
  orders
    .command('stuck')
    .description('those that aren’t closed, applied or reported to WeChat long after they should be')
    .option('--limit <count>', 'how many at most', readCount, 100)
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const { db, config } = terminal.open()
      const stuck = await listStuckOrders(db, { limit, uploadsShipping: config.order.uploadShipping })
      sayResult(terminal, optionsOf(command), { orders: stuck }, stuck.map(describeStuck))
    })
  for (const urge of ['apply', 'close', 'ship'] as const) addUrgeCommand(orders, terminal, urge)
}

function addUrgeCommand(orders: Command, terminal: Terminal, urge: Urge): void {
  const { description, would } = urges[urge]
  orders
    .command(`${urge} <order>`)
    .description(description)
    .action(async (orderSn: string, _options: object, command: Command) => {
      const options = optionsOf(command)
      const { tradeState: before } = await getUrgeable(terminal.open().db, { orderSn, urge })
      if (options.dryRun) {
        const line = `${would} order ${orderSn}, which is ${before}`
        return sayResult(terminal, options, { orderSn, tradeState: before }, [line])
      }
      const by = byOf(options)
      const deps = await terminal.openDeps()
      const tradeState = await urgeOrder(deps, { orderSn, urge, by })
      deps.log.info({ action: `orders ${urge}`, orderSn, tradeState, ...by }, 'operator’s command')
      sayResult(terminal, options, { orderSn, before, tradeState }, [
        `order ${orderSn} was ${before}, and is ${tradeState}`,
      ])
    })
}

function describeOrder({ sn, tradeState, title, orderTotalPrice, createdAt, paidBySn }: ShownOrder): string {
  const paid = paidBySn === null ? '' : `, paid by ${paidBySn}`
  return `${sn} ${createdAt.toISOString()} ${tradeState} ${yuan(orderTotalPrice)} ${title}${paid}`
}

function describeStuck({ sn, needs, since, paymentSn }: StuckOrder): string {
  return `${sn} since ${since.toISOString()}${paymentSn === null ? '' : `, payment ${paymentSn}`}: orders ${needs} ${sn}`
}
