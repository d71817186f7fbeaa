import { clock } from '../../kit/format.ts'
import { openStore, type Store } from '../../kit/store.ts'

/** From left to right. */
export const LANES = ['guest', 'api', 'wechat', 'host'] as const
export type Lane = (typeof LANES)[number]

/** A text, or what gives it in the page's language. */
export type Words = string | (() => string)

/** What a row shows when it is opened. */
export type Part = { json: unknown } | { code: string } | { text: Words }

export interface RowInput {
  from: Lane
  to: Lane
  title: Words
  note?: Words
  /** `lost` for what didn't arrive, `deduced` for what was inferred, not observed. */
  tone?: 'lost' | 'deduced'
  parts?: Part[]
  /** The order that it is about, as far as that is known. */
  orderSn?: string | undefined
}

export interface RowAnswer {
  note?: Words
  ms?: number
  failed?: boolean
  parts?: Part[]
  requestId?: string | undefined
  /** Where only the answer tells it. */
  orderSn?: string | undefined
}

export interface Row extends RowInput {
  key: number
  /** The local time at which it was drawn. */
  at: string
  answered?: RowAnswer
}

export interface DrawnRow {
  /** Draws the arrow back; called again, it replaces what it is given. */
  answer(answer: RowAnswer): void
  /** Says later which order it is about. */
  about(orderSn: string): void
}

interface TrafficState {
  rows: readonly Row[]
  /** The row that was drawn or answered last. */
  latest: Row | undefined
  /** The newest row is kept in view until the reader scrolls up or opens a row. */
  autoScrolls: boolean
  /** Rows added since then. */
  unseen: number
}

export interface Traffic extends Store<TrafficState> {
  add(row: RowInput): DrawnRow
  clear(): void
  /** Keeps the newest row in view from now on, or no longer. */
  setAutoScroll(isOn: boolean): void
}

const MAX_ROWS = 300

/** The messages between guest, API, WeChat and host, for a growing sequence diagram. */
export function openTraffic(): Traffic {
  const store = openStore<TrafficState>({ rows: [], latest: undefined, autoScrolls: true, unseen: 0 })
  let lastKey = 0
  const change = (key: number, changed: (row: Row) => Row) => {
    const known = store.state.rows.find((row) => row.key === key)
    if (!known) return
    const latest = changed(known)
    store.change({ rows: store.state.rows.map((row) => (row === known ? latest : row)), latest })
  }
  const setAutoScroll = (isOn: boolean) => store.change({ autoScrolls: isOn, ...(isOn ? { unseen: 0 } : {}) })
  return {
    ...store,
    get state() {
      return store.state
    },
    add(given) {
      const row: Row = { ...given, key: ++lastKey, at: clock() }
      const { rows, autoScrolls, unseen } = store.state
      store.change({
        rows: [...rows, row].slice(-MAX_ROWS),
        latest: row,
        unseen: autoScrolls ? unseen : unseen + 1,
      })
      return {
        answer: (each) => change(row.key, (known) => ({ ...known, answered: { ...known.answered, ...each } })),
        about: (orderSn) => change(row.key, (known) => ({ ...known, orderSn })),
      }
    },
    clear() {
      store.change({ rows: [] })
      setAutoScroll(true)
    },
    setAutoScroll,
  }
}

/** The order that a row is about. */
export function orderOf({ orderSn, answered }: Row): string | undefined {
  return orderSn ?? answered?.orderSn
}

/** The end of an order's number, by which people tell one order from another. */
export function endOf(orderSn: string): string {
  return orderSn.slice(-4)
}

export function say(words: Words | undefined): string {
  return typeof words === 'function' ? words() : (words ?? '')
}

/** What a row says closed. */
export function textOf({ title, note, answered }: Row): string {
  return [say(title), say(answered?.note ?? note)].filter(Boolean).join(' ')
}
