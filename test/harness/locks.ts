/** One row for each connection to this database that waits for a lock. */
export const WAITING_FOR_LOCK = `
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

const keyColumns: Partial<Record<string, string>> = {
  homestay_order: 'sn',
  payment: 'sn',
  payment_event: 'paymentSn',
  refund: 'outRefundNo',
  wrong_codes: 'hostUserId',
}

/** The column that a row of `table` is found by. */
export function keyColumn(table: string): string {
  return keyColumns[table] ?? 'id'
}
