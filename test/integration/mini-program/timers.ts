/** The timers of a process that can end. */
export function createTimers() {
  const running = new Map<number, NodeJS.Timeout>()
  let last = 0
  let isEnded = false
  const clear = (id: number) => {
    clearTimeout(running.get(id))
    running.delete(id)
  }
  return {
    setTimeout(listener: () => void, ms?: number): number {
      last += 1
      const id = last
      const fire = () => {
        running.delete(id)
        listener()
      }
      if (!isEnded) running.set(id, setTimeout(fire, ms))
      return id
    },
    clearTimeout: clear,
    /** No timer fires any more. */
    end() {
      isEnded = true
      for (const id of running.keys()) clear(id)
    },
  }
}
