import type { Command } from 'commander'
import { OrderTradeState } from '../../prisma/client/enums.ts'
import { urge } from '../act/orders.ts'
import { listOrders, listStuckOrders, type ShownOrder, type StuckOrder } from '../order/list.ts'
import type { Urge } from '../order/urge.ts'
import { yuan } from '../timeline/entry.ts'
import { readCount, readOneOf } from './arguments.ts'
import { act, optionsOf, sayResult, type Terminal } from './terminal.ts'

const urges: Record<Urge, string> = {
  apply: 'applies its payments to an order now, and says why that fails',
  close: 'closes an unpaid order now, whose deadline is over, and says why that fails',
  ship: 'reports a redeemed or expired order to WeChat now, which frees its money, and says why that fails',
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
  for (const to of ['apply', 'close', 'ship'] as const) addUrgeCommand(orders, terminal, to)
}

function addUrgeCommand(orders: Command, terminal: Terminal, to: Urge): void {
  orders
    .command(`${to} <order>`)
    .description(urges[to])
    .action((orderSn: string, _options: object, command: Command) => act(terminal, command, urge, { orderSn, to }))
}

function describeOrder({ sn, tradeState, title, orderTotalPrice, createdAt, paidBySn }: ShownOrder): string {
  const paid = paidBySn === null ? '' : `, paid by ${paidBySn}`
  return `${sn} ${createdAt.toISOString()} ${tradeState} ${yuan(orderTotalPrice)} ${title}${paid}`
}

function describeStuck({ sn, needs, since, paymentSn }: StuckOrder): string {
  return `${sn} since ${since.toISOString()}${paymentSn === null ? '' : `, payment ${paymentSn}`}: orders ${needs} ${sn}`
}
