/** What one check found. */
export interface Finding {
  check: string
  result: 'ok' | 'wrong' | 'skipped'
  /** What is right, or what is wrong. */
  detail: string
  /** Where to mend it. */
  remedy?: string
}

/** Something a check found wrong, with where to mend it. */
export class WrongError extends Error {
  readonly remedy: string

  constructor(detail: string, remedy: string) {
    super(detail)
    this.remedy = remedy
  }
}

/** A check that could not be made, because something before it is wrong. */
export class SkippedError extends Error {}

/**
 * Makes a check. `run` answers what is right.
 *
 * @param otherwise where to look when it fails in a way of its own.
 */
export async function find(check: string, otherwise: string, run: () => Promise<string>): Promise<Finding> {
  try {
    return { check, result: 'ok', detail: await run() }
  } catch (error) {
    if (error instanceof SkippedError) return { check, result: 'skipped', detail: error.message }
    if (error instanceof WrongError) return { check, result: 'wrong', detail: error.message, remedy: error.remedy }
    return { check, result: 'wrong', detail: error instanceof Error ? error.message : String(error), remedy: otherwise }
  }
}
