/** One row for each connection to this database that waits for a lock. */
export const WAITING_FOR_LOCK = `
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`

/** What each connection to this database does, for whoever has to find out why something else happens than was expected. */
export const SESSIONS = `
  SELECT application_name AS name, state, wait_event AS wait, now() - state_change AS since, left(query, 60) AS query
  FROM pg_stat_activity WHERE datname = current_database()`

const keyColumns: Partial<Record<string, string>> = {
  homestay_order: 'sn',
  payment: 'sn',
  payment_event: 'paymentSn',
  refund: 'outRefundNo',
  webhook_delivery: 'paymentSn',
  wrong_codes: 'hostUserId',
}

/** The column that a row of `table` is found by. */
export function keyColumn(table: string): string {
  return keyColumns[table] ?? 'id'
}
