import type { DrawnRow, RowAnswer, RowInput, Traffic } from '../traffic/traffic.ts'
import type { NoticeFault } from './faults.ts'

/** An answer with what tells it from the one before. */
export interface StatedAnswer extends RowAnswer {
  state: string
}

/** Draws a row once, by its key, and its answer each time that it changes. */
export type Draw = (key: string, row: RowInput, answer?: StatedAnswer) => void

/** What of the ledger is drawn, and what has been. */
export interface Drawing {
  draw: Draw
  /** The payments (out_trade_no) of this guest, with their orders. */
  payments: Map<string, string>
  /** The fault of a payment's first notice. */
  faults: Map<string, NoticeFault>
}

export function openDrawing(traffic: Traffic): Drawing {
  const rows = new Map<string, { row: DrawnRow; state?: string }>()
  return {
    payments: new Map(),
    faults: new Map(),
    draw(key, row, answer) {
      const known = rows.get(key) ?? { row: traffic.add(row) }
      rows.set(key, known)
      if (answer && answer.state !== known.state) {
        known.state = answer.state
        known.row.answer(answer)
      }
    },
  }
}
