/** The machine or its settings aren't as they must be. `message` says what to do, and is all that a person needs. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}

/** `EACCES` and its like, of an error that the system made. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
