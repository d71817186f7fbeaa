export interface SingleFlight<Result> {
  /** Calls that come while one with the same key is under way share its result. */
  share(key: string, work: () => Promise<Result>): Promise<Result>
  /** Resolves when all that is under way has ended. */
  settled(): Promise<unknown>
}

export function createSingleFlight<Result>(): SingleFlight<Result> {
  const underWay = new Map<string, Promise<Result>>()
  return {
    share(key, work) {
      const running = underWay.get(key)
      if (running) return running
      const result = work().finally(() => underWay.delete(key))
      underWay.set(key, result)
      return result
    },
    settled: () => Promise.all(underWay.values()),
  }
}
