import { LogoutDocument, RefreshSessionDocument, WxLoginDocument, type WxLoginInput } from '../generated/graphql.ts'
import { unlessClosed } from './close-signal.ts'
import { CLOSED, type Server, sendRequest } from './request.ts'
import type { Answer, Problem } from './result.ts'
import { anonymous, givenSession, type Session } from './session.ts'
import {
  createSessionKeeper,
  isRefreshDue,
  type KeptSession,
  type SessionKeeper,
  type SessionStore,
  toKept,
  type User,
} from './session-store.ts'
import { createSingleFlight, type SingleFlight } from './single-flight.ts'

/** So often at most the client replaces a refused token by itself: a server that refuses them all is not stormed. */
const RENEWALS_APART_MS = 60_000
/** How long a token that is due goes on being used when it could not be refreshed. */
const REFRESH_AGAIN_MS = 60_000

export interface LoginOptions {
  /** From a button with `open-type="getPhoneNumber"`: signs in anew, and stores the phone number. */
  phoneCode?: string
}

export interface LogoutOptions {
  /** Also ends the person's sessions on all other devices. */
  everywhere?: boolean
}

/** A session that the client looks after itself. */
export interface OwnSession extends Session {
  login(options?: LoginOptions): Promise<Answer<User>>
  logout(options?: LogoutOptions): Promise<Answer<null>>
}

interface OwnSessionDeps {
  server: Server
  /** Resolves with a code for `wxLogin`. */
  getLoginCode: () => Promise<string>
  keeper: SessionKeeper
}

interface OwnSessionState extends OwnSessionDeps {
  signIns: SingleFlight<Answer<KeptSession>>
  tokens: SingleFlight<Answer<string>>
  isSigningOut: boolean
  /** When a refused token was last replaced by signing in. */
  renewedAt: number
}

export interface SessionOptions {
  token?: Session['token']
  getLoginCode?: () => Promise<string>
  sessionStore?: SessionStore
}

/** The app's own session where it gives its `token`, else one that the client looks after. */
export function createSession(server: Server, options: SessionOptions): OwnSession {
  const { platform, url } = server
  const { token, getLoginCode = platform.getLoginCode, sessionStore = platform.sessionStore } = options
  if (token) return { ...givenSession(token), ...cannotSignIn('with `token` the app signs in itself. Leave it out.') }
  if (!getLoginCode) return { ...anonymous, ...cannotSignIn('pass `wx`, or `getLoginCode`, to createPayClient.') }
  return createOwnSession({ server, getLoginCode, keeper: createSessionKeeper(sessionStore, url) })
}

function cannotSignIn(advice: string): Pick<OwnSession, 'login' | 'logout'> {
  const fail = () => Promise.reject(new Error(`The client can neither sign in nor out: ${advice}`))
  return { login: fail, logout: fail }
}

/**
 * Signs in when the server first asks who is there, keeps the session, refreshes it before it ends, and signs in again
 * when it is refused all the same. Until then requests are anonymous: what everybody may read waits for no sign-in.
 */
function createOwnSession(deps: OwnSessionDeps): OwnSession {
  const state: OwnSessionState = {
    ...deps,
    signIns: createSingleFlight(),
    tokens: createSingleFlight(),
    isSigningOut: false,
    renewedAt: Number.NEGATIVE_INFINITY,
  }
  const { keeper } = deps
  let loading: Promise<void> | undefined
  const loadOnce = () => {
    loading ??= keeper.load()
    return loading
  }
  return {
    async token() {
      await loadOnce()
      const session = keeper.current()
      if (!session || !isRefreshDue(session)) return session?.accessToken ?? ''
      const refreshed = await refresh(state, session)
      return refreshed.ok ? refreshed.data : ''
    },
    renew: (refused, refusal) => renew(state, refused, refusal),
    login: ({ phoneCode } = {}) =>
      unlessClosed(
        deps.server.closeSignal,
        async (): Promise<Answer<User>> => {
          await loadOnce()
          const session = keeper.current()
          if (session && phoneCode === undefined) return { ok: true, data: session.user }
          const answer = await signIn(state, phoneCode)
          return answer.ok ? { ok: true, data: answer.data.user } : answer
        },
        () => CLOSED,
      ),
    logout: ({ everywhere = false } = {}) =>
      unlessClosed(
        deps.server.closeSignal,
        async () => {
          await loadOnce()
          state.isSigningOut = true
          const answer = await logOut(state, everywhere)
          state.isSigningOut = false
          return answer
        },
        () => CLOSED,
      ),
  }
}

function signIn(state: OwnSessionState, phoneCode?: string): Promise<Answer<KeptSession>> {
  return state.signIns.share(String(phoneCode), async () => {
    const answer = await requestSession(state, phoneCode)
    if (answer.ok) await state.keeper.keep(answer.data)
    return answer
  })
}

async function requestSession(
  { server, getLoginCode }: OwnSessionDeps,
  phoneCode: string | undefined,
): Promise<Answer<KeptSession>> {
  let code: string
  try {
    code = await getLoginCode()
  } catch (error) {
    return { ok: false, problem: { code: 'NETWORK', message: `WeChat gave no code to sign in with: ${String(error)}` } }
  }
  const input: WxLoginInput = { code, ...(phoneCode !== undefined && { phoneCode }) }
  const answer = await sendRequest({ ...server, session: anonymous }, WxLoginDocument, { input })
  if (!answer.ok) return answer
  const { wxLogin } = answer.data
  if (wxLogin.__typename === 'Session') return { ok: true, data: toKept(wxLogin) }
  const { __typename: _type, ...problem } = wxLogin
  return { ok: false, problem }
}

/** Another token than the refused one: that of another page, or by signing in. */
function renew(state: OwnSessionState, refused: string, refusal: Problem): Promise<Answer<string>> {
  const { keeper } = state
  return state.tokens.share(`renew ${refused}`, async () => {
    keeper.drop(refused)
    if (!keeper.current()) await keeper.load()
    const session = keeper.current()
    if (session) return { ok: true, data: session.accessToken }
    const sinceMs = Date.now() - state.renewedAt
    const isTooSoon = sinceMs >= 0 && sinceMs < RENEWALS_APART_MS
    if (isTooSoon || keeper.isSignedOut() || state.isSigningOut) return { ok: false, problem: refusal }
    const answer = await signIn(state)
    if (!answer.ok) return answer
    if (refused !== '') state.renewedAt = Date.now()
    return { ok: true, data: answer.data.accessToken }
  })
}

/** The server ends the old session with its answer: where that is lost, the old token is refused, and renewed. */
function refresh(state: OwnSessionState, due: KeptSession): Promise<Answer<string>> {
  const { keeper, server } = state
  const { accessToken } = due
  return state.tokens.share(`refresh ${accessToken}`, async () => {
    await keeper.load()
    // Another page may have refreshed it.
    const latest = keeper.current()
    if (latest?.accessToken !== accessToken) return { ok: true, data: latest?.accessToken ?? '' }
    const session = givenSession(() => accessToken)
    const answer = await sendRequest({ ...server, session }, RefreshSessionDocument, {})
    if (answer.ok) {
      const refreshed = toKept(answer.data.refreshSession)
      await keeper.keep(refreshed)
      return { ok: true, data: refreshed.accessToken }
    }
    if (answer.problem.code === 'UNAUTHENTICATED') return renew(state, accessToken, answer.problem)
    const receivedAt = Date.now()
    await keeper.keep({ ...due, receivedAt, refreshAt: receivedAt + REFRESH_AGAIN_MS }, { inMemory: true })
    return { ok: true, data: accessToken }
  })
}

/** Where the server can't be reached nothing has changed. */
async function logOut(
  { keeper, server, signIns, tokens }: OwnSessionState,
  everywhere: boolean,
): Promise<Answer<null>> {
  // What is being made just now ends as well.
  await Promise.all([signIns.settled(), tokens.settled()])
  const current = keeper.current()
  if (current) {
    const session = givenSession(() => current.accessToken)
    const answer = await sendRequest({ ...server, session }, LogoutDocument, { everywhere })
    if (!answer.ok && answer.problem.code !== 'UNAUTHENTICATED') return answer
  }
  await keeper.signOut()
  return { ok: true, data: null }
}
