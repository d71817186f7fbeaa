import type { Store } from '../../kit/store.ts'
import { openTabMemory } from '../../kit/tab-memory.ts'
import type { Api } from '../api/api.ts'
import { shown } from '../failure.tsx'
import { randomName } from '../random-name.ts'
import { fetchTemplates } from './consent.ts'
import type { GuestParts } from './parts.ts'
import type { GuestState, Tab } from './state.ts'

const NAME = 'guest'

/** What survives a reload: the session, and where in the app its guest was. */
const memory = openTabMemory<{
  token: string
  openid: string
  tab: Tab
  orderSn: string | undefined
  /** Payments that the phone has made: the server may not know of them yet. */
  paid: string[]
}>(NAME)

/** The guest of this browser, or a new one. */
export function guestName(): string {
  return localStorage.getItem(NAME) ?? `o_guest_${randomName(4)}`
}

/** To be called when the session is over. */
export function forgetSession(): void {
  memory.forget()
}

export async function signIn({ api, sandbox }: GuestParts, { state, change }: Store<GuestState>): Promise<void> {
  const { openid } = state
  const session = await api.signIn(sandbox ? `code-${openid}` : openid)
  if (!('accessToken' in session)) return change({ failure: shown(session) })
  if (sandbox) localStorage.setItem(NAME, openid)
  await enter({ api, sandbox }, { openid, change })
}

/** Shows what a guest who is signed in sees first. */
async function enter(
  { api, sandbox }: Pick<GuestParts, 'api' | 'sandbox'>,
  { openid, change }: Pick<GuestState, 'openid'> & Pick<Store<GuestState>, 'change'>,
): Promise<void> {
  const [homestays, orders, messages] = await Promise.all([
    api.call('homestays', {}),
    api.call('homestayOrders', {}),
    sandbox?.watchMessages(openid) ?? [],
    sandbox && fetchTemplates(api, { change }),
  ])
  change({
    isSignedIn: true,
    tab: 'stays',
    homestays: homestays.edges.map(({ node }) => node),
    orders: orders.edges.map(({ node }) => node),
    messages: messages.toReversed(),
    unread: 0,
  })
}

/** To be called after every change. */
export function rememberSession(api: Api, { isSignedIn, openid, tab, order, paid }: GuestState): void {
  if (isSignedIn) memory.write({ token: api.token(), openid, tab, orderSn: order?.sn, paid: [...paid] })
}

/** Goes on where the guest was before the tab was loaded again. */
export async function resumeSession(
  { api, sandbox }: GuestParts,
  { change }: Store<GuestState>,
  payments: { show(sn: string): Promise<void> },
): Promise<void> {
  const known = memory.read()
  if (!known) return
  const { token, openid, tab, orderSn, paid } = known
  change({ isResuming: true })
  try {
    api.resume(token)
    await enter({ api, sandbox }, { openid, change })
    change({ openid, tab, paid: new Set(paid) })
    if (orderSn !== undefined) await payments.show(orderSn)
  } finally {
    change({ isResuming: false })
  }
}
