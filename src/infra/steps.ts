/** After so long it is said that a step still runs; then after twice as long, and so on. */
const REMIND_AFTER_MS = 5_000
const NAME_WIDTH = 11

/** The steps of a start, each of which says in a line that it begins. */
export interface Steps {
  /** What began before is done. `doing` says what now begins, as in "starting". */
  begin(name: string, doing: string): void
  /** Nothing is left to do. */
  end(): void
  /** Says at which step the start ended too early; nothing once it is over. */
  fail(): void
}

/** @param say gets each line. */
export function openSteps(say: (line: string) => void): Steps {
  let current: string | undefined
  let reminder: NodeJS.Timeout | undefined
  const sayStep = (name: string, text: string) => say(`  ${name.padEnd(NAME_WIDTH)} ${text}`)
  const remind = (name: string, doing: string, atMs: number, waitMs: number) => {
    reminder = setTimeout(() => {
      sayStep(name, `still ${doing}, after ${atMs / 1_000} s`)
      remind(name, doing, atMs * 2, atMs)
    }, waitMs)
    reminder.unref()
  }
  const end = () => {
    clearTimeout(reminder)
    current = undefined
  }
  return {
    begin(name, doing) {
      end()
      current = name
      sayStep(name, doing)
      remind(name, doing, REMIND_AFTER_MS, REMIND_AFTER_MS)
    },
    end,
    fail() {
      if (current !== undefined) say(`The start failed at this step: ${current}`)
      end()
    },
  }
}
