import { openStore } from '../../kit/store.ts'
import { openTabMemory } from '../../kit/tab-memory.ts'
import { type Api, ApiError } from '../api/api.ts'
import type { RedeemedOrder } from '../api/types.ts'
import type { Failure } from '../text.ts'

/** The host of the homestays whose codes this counter takes. */
export const HOST = 'o_demo_host'

interface HostState {
  isSignedIn: boolean
  isBusy: boolean
  code: string
  failure: Failure | undefined
  /** Whose code was redeemed last. */
  order: RedeemedOrder | undefined
  /** The element that shall get the focus next; a new object each time that one shall. */
  focus: { id: string } | undefined
}

/** What survives a reload: the session. */
const memory = openTabMemory<{ token: string }>('host')

export type Host = ReturnType<typeof openHost>

/** The host's counter: signs in, accepts a code and redeems it; then calls `onRedeemed`. */
export function openHost({ api, onRedeemed }: { api: Api; onRedeemed: () => void }) {
  const known = memory.read()
  if (known) api.resume(known.token)
  const store = openStore<HostState>({
    isSignedIn: known !== undefined,
    isBusy: false,
    code: '',
    failure: undefined,
    order: undefined,
    focus: undefined,
  })
  const { change } = store
  const act = async (work: () => Promise<void>) => {
    if (store.state.isBusy) return
    change({ isBusy: true, failure: undefined })
    await work().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
      const isOver = error.code === 'UNAUTHENTICATED'
      if (isOver) memory.forget()
      change({ failure: error, ...(isOver ? { isSignedIn: false } : {}) })
    })
    change({ isBusy: false })
  }
  const signIn = async () => {
    const session = await api.signIn(`code-${HOST}`)
    if (!('accessToken' in session)) return change({ failure: session })
    memory.write({ token: api.token() })
    change({ isSignedIn: true, focus: { id: 'code' } })
  }
  const redeem = async () => {
    const order = await api.call('redeemTradeCode', { tradeCode: store.state.code })
    if (!('liveStartDate' in order)) return change({ failure: order, order: undefined })
    change({ order, code: '' })
    onRedeemed()
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    type: (code: string) => change({ code }),
    signIn: () => act(signIn),
    redeem: () => act(redeem),
    /** Fills in the code that the guest shows. */
    take(code: string) {
      const next = store.state.isSignedIn ? 'redeem' : 'host-sign-in'
      change({ code, order: undefined, failure: undefined, focus: { id: next } })
    },
  }
}
