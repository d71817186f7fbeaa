import { AsyncLocalStorage } from 'node:async_hooks'
import { tracing } from './tracing.ts'

interface RequestContext {
  requestId: string
}

const storage = new AsyncLocalStorage<RequestContext>()

/** Runs `serve` with the request's id on every log line that is written inside it, however deep. */
export function withRequestId<Result>(requestId: string, serve: () => Result): Result {
  return storage.run({ requestId }, serve)
}

/** The fields of the current request and trace for a log line, which adds its own to them; none outside of both. */
export function requestFields(): object {
  return tracing ? { ...storage.getStore(), ...tracing.logFields() } : { ...storage.getStore() }
}
