const POLL_MS = 600
const POLL_IDLE_MS = 3000
/** For how long after an action of ours changes are expected. */
const BUSY_MS = 20_000

/**
 * Reads again and again while something may change: often after an action of ours, and slowly while there is something to
 * wait for.
 *
 * @param read resolves with whether there is; when it rejects, it is tried again later.
 */
export function openPoll(read: () => Promise<boolean>) {
  let busyUntil = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let reading: Promise<void> | undefined
  let isWaiting = false

  const readOnce = async () => {
    isWaiting = await read()
  }
  /** Reads now; at once with others who want the same. */
  const refresh = () =>
    (reading ??= readOnce()
      .catch(() => {})
      .finally(() => (reading = undefined)))
  const schedule = () => {
    clearTimeout(timer)
    const isBusy = Date.now() < busyUntil
    if (isBusy || isWaiting) timer = setTimeout(() => void refresh().then(schedule), isBusy ? POLL_MS : POLL_IDLE_MS)
  }
  return {
    refresh,
    expectChanges() {
      busyUntil = Date.now() + BUSY_MS
      schedule()
    },
  }
}
