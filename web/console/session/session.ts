import { postJson } from '../../kit/post-json.ts'
import { openStore } from '../../kit/store.ts'
import { ApiError, call, onSessionOver } from '../api/api.ts'
import type { Me } from '../api/types.ts'
import { type Failure, failureOf } from '../parts/load.ts'

interface SessionState {
  /** Undefined until the server has said; null while nobody is signed in. */
  me: Me | null | undefined
  isBusy: boolean
  failure: Failure | undefined
  /** Somebody was signed in, and isn't any more. */
  isOver: boolean
  /** The token of a link that was opened while somebody is signed in, or perhaps is. It waits for a yes. */
  offered: string | undefined
}

const unknown: SessionState = {
  me: undefined,
  isBusy: false,
  failure: undefined,
  isOver: false,
  offered: undefined,
}

const LINK = /#?\/?sign-in\/([\w-]+)\/?$/

/** The token in the link by which this tab was opened; or in a link, or itself, as somebody pastes it. */
export function tokenIn(text: string): string | undefined {
  const trimmed = text.trim()
  return LINK.exec(trimmed)?.[1] ?? /^[\w-]{20,}$/.exec(trimmed)?.[0]
}

/** Who is signed in. The session itself is a cookie that no script sees. */
export function openSession() {
  const store = openStore<SessionState>(unknown)
  const { change } = store
  onSessionOver(() => change(store.state.me ? { me: null, isOver: true } : { me: null }))
  const read = async () => {
    try {
      const { me } = await call('me', {})
      change({ me, failure: undefined })
    } catch (error) {
      const failure = failureOf(error)
      if (failure.code !== 'UNAUTHENTICATED') change({ failure })
    }
  }
  const act = async (work: () => Promise<void>) => {
    if (store.state.isBusy) return
    change({ isBusy: true, failure: undefined })
    await work().catch((error: unknown) => change({ failure: failureOf(error) }))
    change({ isBusy: false })
  }
  const signIn = (token: string) =>
    act(async () => {
      try {
        await post('sign-in', { token })
      } finally {
        // A lost answer may have signed in as well.
        await read()
      }
      change({ isOver: false, offered: undefined })
    })
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    read,
    signIn,
    /** A link was opened. It signs in at once, unless that would end the session of somebody. */
    async open(token: string) {
      await read()
      if (store.state.me === null) await signIn(token)
      else change({ offered: token })
    },
    decline: () => change({ offered: undefined, failure: undefined }),
    signOut: () =>
      act(async () => {
        await post('sign-out', {})
        change({ me: null, isOver: false })
      }),
  }
}

export type Session = ReturnType<typeof openSession>

/** @throws {ApiError} */
async function post(path: string, body: object): Promise<void> {
  const answer = await postJson(path, body)
  if (answer?.ok) return
  const { code, message } = (answer?.json ?? { code: 'UNREACHABLE' }) as { code?: string; message?: string }
  throw new ApiError({ code: code ?? 'UNEXPECTED', message, requestId: answer?.requestId })
}
