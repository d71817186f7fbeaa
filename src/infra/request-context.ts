import { AsyncLocalStorage } from 'node:async_hooks'

interface RequestContext {
  requestId: string
}

const storage = new AsyncLocalStorage<RequestContext>()

/** Runs `serve` so that every log line written on its behalf, however deep, carries the request's id. */
export function withRequestId<Result>(requestId: string, serve: () => Result): Result {
  return storage.run({ requestId }, serve)
}

/** What belongs into a log line written now. */
export function requestFields(): object {
  return storage.getStore() ?? {}
}
