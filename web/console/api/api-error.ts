/** A top-level GraphQL error, or no response at all (`UNREACHABLE`). */
export class ApiError extends Error {
  readonly code: string
  readonly requestId: string | undefined

  constructor({ code, message = '', requestId }: { code: string; message?: string; requestId?: string }) {
    super(message)
    this.code = code
    this.requestId = requestId
  }
}
