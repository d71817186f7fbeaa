import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '@looklook-pay/sandbox'
import type { Rule } from './checker/indexed.ts'

interface Change {
  /** Under `src/`. */
  file: string
  find: string
  replace: string
}

/** A mistake that a run must find: a harness that can't fail proves nothing. */
export interface Control {
  name: string
  /** What its author thought. */
  mistake: string
  changes: Change[]
  /** Statements that the database runs before anybody comes. */
  sql?: string[]
  /** The rule that it must break; it may break others. */
  breaks: Rule
  /** In what run it shows for certain: a calm one, or one with this trouble alone; with any trouble where nothing is said. */
  showsIn?: 'calm' | string[]
  /** What WeChat does wrong for it, more often than it does anyway. */
  faults?: Fault[]
}

export const controls: Control[] = [
  {
    name: 'acks-before-commit',
    mistake: 'WeChat wants its answer soon, so a notice is answered first and recorded then',
    breaks: 'durability',
    changes: [
      {
        file: 'http/wechat-notify.ts',
        find: 'await inTime(processing.finally(() => (waiting -= 1)))',
        replace: 'processing.catch(() => {}).finally(() => (waiting -= 1))',
      },
    ],
  },
  {
    name: 'acks-before-disk',
    mistake: 'a commit is faster when it doesn’t wait for the disk',
    breaks: 'durability',
    showsIn: ['stop PostgreSQL at once'],
    changes: [],
    // PostgreSQL writes to disk what wasn’t waited for seconds later.
    sql: [
      'ALTER DATABASE looklook SET synchronous_commit = off',
      `ALTER SYSTEM SET wal_writer_delay = '3s'`,
      'SELECT pg_reload_conf()',
    ],
  },
  {
    name: 'keeps-unapplied-money',
    mistake: 'money for a cancelled order is a rare case that somebody will see',
    breaks: 'money',
    showsIn: 'calm',
    changes: [
      {
        file: 'payment/outbox/apply-to-order.ts',
        find: 'if (payment.paidAt) await refundUnapplied(deps, change, payment)',
        replace: '',
      },
    ],
  },
  {
    name: 'trusts-amounts',
    mistake: 'a signed notice has the right amount',
    breaks: 'money',
    showsIn: 'calm',
    changes: [
      { file: 'payment/settlement/settle.ts', find: `WHEN i.total <> l."payTotal" THEN 'AMOUNT'`, replace: '' },
    ],
  },
  {
    name: 'never-closes-at-wechat',
    mistake: 'what is closed here is closed',
    breaks: 'finality',
    showsIn: 'calm',
    changes: [
      {
        file: 'payment/attempt/close.ts',
        find: 'await closeByOutTradeNo(deps.wechat, { outTradeNo: sn, mchid })',
        replace: '',
      },
    ],
  },
  {
    name: 'never-rechecks',
    mistake: 'notices are repeated, so nobody needs to ask',
    breaks: 'finality',
    changes: [{ file: 'background.ts', find: `loop('recheck', 1_000, createRecheckLoop(deps)),`, replace: '' }],
  },
  {
    name: 'never-repeats-refunds',
    mistake: 'a refund is requested once',
    breaks: 'finality',
    faults: [{ endpoint: 'refund', kind: 'system-error', percent: 40 }],
    changes: [
      {
        file: 'payment/refund/advance.ts',
        find: 'WHERE "nextAdvanceAt" <= ${DUE_BY}',
        replace: 'WHERE "advanceCount" = 0',
      },
    ],
  },
  {
    name: 'trusts-the-job',
    mistake: 'the job of a shipping upload is retried until it succeeds, so nobody needs to look for it',
    breaks: 'finality',
    showsIn: ['delete jobs'],
    faults: [{ endpoint: 'upload-shipping-info', kind: 'system-error', percent: 60 }],
    changes: [{ file: 'background.ts', find: `loop('shipping', 60_000, () => requeueShipping(deps)),`, replace: '' }],
  },
  {
    name: 'never-expires',
    mistake: 'an order that was never used may stay as it is',
    breaks: 'finality',
    showsIn: 'calm',
    changes: [{ file: 'background.ts', find: `loop('expire', 60_000, () => expireOrders(deps)),`, replace: '' }],
  },
  {
    name: 'reads-no-bills',
    mistake: 'WeChat reports every refund by a notice',
    breaks: 'money',
    showsIn: 'calm',
    changes: [{ file: 'background.ts', find: `loop('bill', 60_000, createBillLoop(deps)),`, replace: '' }],
  },
  {
    name: 'publishes-apart',
    mistake: 'jobs of listeners are enqueued after the transaction that marks events as published',
    breaks: 'events',
    showsIn: ['kill all'],
    changes: [
      {
        file: 'payment/outbox/publish.ts',
        find: 'await enqueueByName(deps.queue, tx, job, events)',
        replace: 'setTimeout(() => void enqueueByName(deps.queue, deps.db, job, events).catch(() => {}), 300)',
      },
    ],
  },
  {
    name: 'publishes-the-newest',
    mistake: 'others want to know what a payment is, and not what it was',
    breaks: 'events',
    showsIn: 'calm',
    changes: [
      {
        file: 'payment/outbox/publish.ts',
        find: 'e.version > mine."publishedVersion" AND e.version <= mine.version',
        replace: 'e.version = mine.version',
      },
    ],
  },
  {
    name: 'changes-without-trail',
    mistake: 'the trail is for people, and can be written when there is time',
    breaks: 'monotony',
    showsIn: 'calm',
    changes: [
      {
        file: 'payment/settlement/settle.ts',
        find: `CASE WHEN status = "fromStatus" THEN 'payment.updated' ELSE 'payment.succeeded' END, \${eventFacts()}
      FROM changed`,
        replace: `CASE WHEN status = "fromStatus" THEN 'payment.updated' ELSE 'payment.succeeded' END, \${eventFacts()}
      FROM changed WHERE right(sn, 1) < 'K'`,
      },
    ],
  },
  {
    name: 'shows-what-comes',
    mistake: 'a subscriber gets every state that is read, in the order of the reads',
    breaks: 'monotony',
    changes: [
      { file: 'payment/live/live-stream.ts', find: 'if (payment.version <= this.#version) return', replace: '' },
    ],
  },
  {
    name: 'forgets-what-it-sent',
    mistake: 'tries of a message are not counted, and a sent one is sent again',
    breaks: 'messages',
    showsIn: 'calm',
    changes: [
      { file: 'notification/record.ts', find: 'SET tries = tries + 1, "nextTryAt"', replace: 'SET "nextTryAt"' },
      {
        file: 'notification/record.ts',
        find: `status = 'SENT', "sentAt" = clock_timestamp(), "nextTryAt" = NULL, note = NULL`,
        replace: `note = NULL, "nextTryAt" = now()`,
      },
    ],
  },
  {
    name: 'ends-with-its-database',
    mistake: 'an orchestrator starts again whatever ends',
    breaks: 'no process ended by itself',
    showsIn: ['end sessions'],
    changes: [{ file: 'infra/pool.ts', find: 'if (pool.ending) return', replace: 'process.exit(3)' }],
  },
]

/** @throws when there is none of that name. */
export function findControl(name: string): Control {
  const found = controls.find((control) => control.name === name)
  if (found) return found
  throw new Error(`there is no control ${name}; there are ${controls.map((control) => control.name).join(', ')}`)
}

/**
 * The text of a file with this change.
 *
 * @throws when what it replaces isn't there exactly once: the control is out of date.
 */
export function applyChange(text: string, { file, find, replace }: Change): string {
  const parts = text.split(find)
  if (parts.length !== 2) throw new Error(`src/${file} has ${parts.length - 1} times: ${find}`)
  return parts.join(replace)
}

/** A copy of the code with the mistake, in a new folder: its `src/` alone is copied. */
export async function makeMistake({ changes }: Control, folder: string): Promise<void> {
  for (const name of readdirSync('.')) {
    if (name !== 'src' && name !== '.git') symlinkSync(join(process.cwd(), name), join(folder, name))
  }
  await cp('src', join(folder, 'src'), { recursive: true })
  for (const change of changes) {
    const path = join(folder, 'src', change.file)
    writeFileSync(path, applyChange(readFileSync(path, 'utf8'), change))
  }
}
