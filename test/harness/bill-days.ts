import { createBillLoop } from '../../src/bill/reconcile.ts'
import type { Deps } from '../../src/deps.ts'
import { formatDay, shanghaiDay } from '../../src/infra/shanghai.ts'
import type { TestApp } from './app.ts'

/** The day in China on which a payment was paid at WeChat, which the sandbox knows first. */
export function dayOf({ sandbox }: TestApp, outTradeNo: string): string {
  const paidAt = sandbox.ledger.orders.get(outTradeNo)?.payment?.paidAt
  if (paidAt === undefined) throw new Error(`${outTradeNo} is not paid at WeChat`)
  return formatDay(shanghaiDay(new Date(paidAt)))
}

/** Makes a day due, as `admin bill` does for a day that is over; the sandbox has its bill at once. */
export async function makeDue({ deps, sandbox }: TestApp, billOn: string): Promise<void> {
  sandbox.changeSettings({ billsAtOnce: true })
  await deps.db.$executeRaw`
    INSERT INTO bill_day ("billOn") VALUES (${billOn}::date)
    ON CONFLICT ("billOn") DO UPDATE SET status = 'DUE', "tradeSha1" = NULL, "rowsDone" = 0, "nextTryAt" = now() - interval '1 s'`
}

/** Has a day compared, by one run of the loop. */
export async function compareBill(app: TestApp, billOn: string, deps: Deps = app.deps): Promise<void> {
  await makeDue(app, billOn)
  await createBillLoop(deps)()
}

export async function statusOfDay({ db }: Deps, billOn: string): Promise<string> {
  return (await db.billDay.findUniqueOrThrow({ where: { billOn: new Date(billOn) } })).status
}

/** What differs: kind, class and outcome, sorted. */
export async function differencesOf({ db }: Deps): Promise<string[]> {
  const differences = await db.billDifference.findMany()
  return differences.map((each) => `${each.kind} ${each.class} ${each.outcome}`).sort()
}
