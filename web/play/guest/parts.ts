import type { Store } from '../../kit/store.ts'
import type { Api } from '../api/api.ts'
import type { Live } from '../api/live.ts'
import type { Traffic } from '../traffic/traffic.ts'
import type { Sandbox } from '../wechat/sandbox.ts'
import type { LoadOrder } from './orders-known.ts'
import type { GuestState } from './state.ts'

/** What the guest's app is made of. */
export interface GuestParts {
  api: Api
  live: Live
  /** Undefined where WeChat is the real one. */
  sandbox: Sandbox | undefined
  traffic: Traffic
}

/** What its payments need. */
export interface PaymentParts extends GuestParts {
  /** Asks the guest in the caller's own turn, and waits for no answer. */
  askForMessages: (orderSn: string) => void
  store: Store<GuestState>
  loadOrder: LoadOrder
  fail: (error: unknown) => void
}
