/**
 * Makes a reader that collects the keys requested in the same tick of one operation, and reads them together: one query
 * for a whole list. A key that `read` leaves out yields null.
 */
export function batchPerOperation<Context extends object, Value>(
  read: (context: Context, keys: string[]) => Promise<Map<string, Value>>,
): (context: Context, key: string) => Promise<Value | null> {
  const gathering = new WeakMap<Context, { keys: Set<string>; values: Promise<Map<string, Value>> }>()

  const startBatch = (context: Context) => {
    const keys = new Set<string>()
    const values = new Promise<void>((resolve) => process.nextTick(resolve)).then(() => {
      gathering.delete(context)
      return read(context, [...keys])
    })
    const batch = { keys, values }
    gathering.set(context, batch)
    return batch
  }

  return async (context, key) => {
    const batch = gathering.get(context) ?? startBatch(context)
    batch.keys.add(key)
    return (await batch.values).get(key) ?? null
  }
}
