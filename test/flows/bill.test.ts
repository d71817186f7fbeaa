import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { deploy } from '../harness/deployment.ts'
import { type FilledBill, fillBill } from '../harness/filled-bill.ts'
import { openGate, passGate } from '../harness/gate.ts'

const PAYMENTS = 1_500
const GATE = 51_700

/** Whoever stores lines, or movements of the account, comes to the gate once a day is as far as this. */
const gateWhen = (isReached: string) => `
  CREATE FUNCTION come_to_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM bill_day WHERE ${isReached}) THEN ${passGate(GATE)} END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER come_to_gate BEFORE INSERT ON bill_row FOR EACH STATEMENT EXECUTE FUNCTION come_to_gate()`

async function connect(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl })
  // Where the test fails, its database is dropped before.
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

/** How often each line was counted, as the rows show it. */
async function countsOf(client: Client, { billOn }: FilledBill): Promise<unknown> {
  const { rows } = await client.query(
    `SELECT d.status, d."rowsDone", d."movementsDone",
      (SELECT count(*)::int FROM bill_row WHERE "billOn" = $1) AS stored,
      (SELECT count(*)::int FROM bill_row WHERE "billOn" = $1 AND booked = settled - fee) AS "bookedOnce",
      (SELECT count(*)::int FROM payment_event WHERE source = 'BILL') AS settled,
      (SELECT count(DISTINCT "paymentSn")::int FROM payment_event WHERE source = 'BILL') AS "settledOnce",
      (SELECT array_agg(DISTINCT class || ' ' || outcome) FROM bill_difference) AS differences,
      (SELECT count(*)::int FROM bill_difference) AS differing
    FROM bill_day d WHERE "billOn" = $1`,
    [billOn],
  )
  return rows[0]
}

describe('a worker that is killed in the middle of', () => {
  test.for([
    ['the trade bill', 'its statement is committed', '"rowsDone" >= 500 AND "movementsDone" = 0'],
    ['the fund flow bill', 'its statement is committed', '"movementsDone" > 1000'],
    ['the fund flow bill', 'its statement is lost', '"movementsDone" > 1000'],
  ] as const)('%s leaves the rest to another, and no line counts twice when %s', async ([_bill, end, isReached]) => {
    const { sandbox, databaseUrl, startWorker } = await deploy()
    sandbox.changeSettings({ billsAtOnce: true })
    const bill = await fillBill(databaseUrl, sandbox, PAYMENTS)
    const client = await connect(databaseUrl)
    await client.query(gateWhen(isReached))
    const gate = await openGate(databaseUrl, GATE)
    await gate.close()
    await client.query(`INSERT INTO bill_day ("billOn") VALUES ($1)`, [bill.billOn])

    const killed = await startWorker()
    await gate.isReached()
    killed.signal('SIGKILL')
    await killed.ended
    if (end === 'its statement is lost') await gate.endWaiting()
    await gate.open()
    // Five minutes later.
    await client.query(`UPDATE bill_day SET "claimedUntil" = now() - interval '1 s'`)
    await startWorker()

    const { billOn, lines, lost } = bill
    await expect
      .poll(async () => (await client.query(`SELECT status FROM bill_day WHERE "billOn" = $1`, [billOn])).rows)
      .toEqual([{ status: 'DONE' }])
    expect(await countsOf(client, bill)).toEqual({
      status: 'DONE',
      rowsDone: lines,
      movementsDone: 2 * lines,
      stored: lines,
      bookedOnce: lines,
      settled: lost,
      settledOnce: lost,
      differences: ['ONLY_WECHAT SETTLED'],
      differing: lost,
    })
  })
})
