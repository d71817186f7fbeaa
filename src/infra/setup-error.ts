/** The machine or its settings must be changed first. `message` says how, and is all that a person needs. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** The code of a system error, like `EACCES`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
