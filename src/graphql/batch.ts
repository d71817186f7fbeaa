import { batchReads } from '../infra/batched-read.ts'

/**
 * Makes a reader that collects the keys requested in the same tick of one operation, and reads them together: one query
 * for a whole list. A key that `read` leaves out yields null.
 */
export function batchPerOperation<Context extends object, Value>(
  read: (context: Context, keys: string[]) => Promise<Map<string, Value>>,
): (context: Context, key: string) => Promise<Value | null> {
  return batchReads(read, (start) => process.nextTick(start))
}
