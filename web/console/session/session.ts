import { postJson } from '../../kit/post-json.ts'
import { openStore, type Store } from '../../kit/store.ts'
import { askAs, call, onReplaced, onSessionOver } from '../api/api.ts'
import { ApiError } from '../api/api-error.ts'
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
  /** Another tab has signed in, or out: this one has yet to see whom. */
  isReplaced: boolean
  /** Whose this tab was, until another tab signed in somebody else. */
  before: string | undefined
}

const unknown: SessionState = {
  me: undefined,
  isBusy: false,
  failure: undefined,
  isOver: false,
  offered: undefined,
  isReplaced: false,
  before: undefined,
}

const LINK = /#?\/?sign-in\/([\w-]+)\/?$/

/** The token in the link by which this tab was opened; or in a link, or itself, as somebody pastes it. */
export function tokenIn(text: string): string | undefined {
  const trimmed = text.trim()
  return LINK.exec(trimmed)?.[1] ?? /^[\w-]{20,}$/.exec(trimmed)?.[0]
}

/** The tabs of this browser, which have one session. */
const tabs = new BroadcastChannel('looklook-console')

function tellTabs(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel is of one origin.
  tabs.postMessage('changed')
}

/** Reads who is signed in, as the server says. */
async function readMe({ change }: Store<SessionState>): Promise<void> {
  try {
    const { me } = await call('me', {})
    askAs(me.id)
    change({ me, failure: undefined })
  } catch (error) {
    const failure = failureOf(error)
    if (failure.code !== 'UNAUTHENTICATED') change({ failure })
  }
}

/** Reads who is signed in after another tab has signed in, and remembers whose this tab was. */
async function follow(store: Store<SessionState>): Promise<void> {
  const before = store.state.me
  await readMe(store)
  const { me } = store.state
  store.change({ isReplaced: false, ...(before && me && me.id !== before.id ? { before: before.name } : {}) })
}

/** Hears of sessions that end, or are somebody else's by now. */
function listen(store: Store<SessionState>): void {
  const { change } = store
  onSessionOver(() => change(store.state.me ? { me: null, isOver: true } : { me: null }))
  onReplaced(() => change({ isReplaced: true }))
  tabs.addEventListener('message', () => (store.state.me ? change({ isReplaced: true }) : void readMe(store)))
}

/** Who is signed in. The session itself is a cookie that no script sees. */
export function openSession() {
  const store = openStore<SessionState>(unknown)
  const { change } = store
  listen(store)
  const read = () => readMe(store)
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
      tellTabs()
      change({ isOver: false, offered: undefined, before: undefined })
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
    /** Another tab has signed in: this one is whose that is, from here on. */
    follow: () => follow(store),
    forgetBefore: () => change({ before: undefined }),
    decline: () => change({ offered: undefined, failure: undefined }),
    signOut: () =>
      act(async () => {
        await post('sign-out', {})
        tellTabs()
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
