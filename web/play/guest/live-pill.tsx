import './live-pill.css'
import type { Payment } from '../api/types.ts'
import { t } from '../text.ts'
import type { GuestState } from './state.ts'

interface LivePillProps {
  state: Pick<GuestState, 'watched' | 'isLive'>
  payment: Payment | null | undefined
}

/** A payment's status, and whether it comes by itself when it changes. */
export function LivePill({ state, payment }: LivePillProps) {
  if (!payment) return null
  const status = <code id="pay-status">{`${payment.status} v${payment.version}`}</code>
  if (!state.watched.has(payment.sn)) {
    return (
      <p class="live over">
        <span>{t('notLive')}</span>
        {status}
      </p>
    )
  }
  return (
    <p class={state.isLive ? 'live' : 'live broken'}>
      <span class="live-dot" aria-hidden="true" />
      <span>{t(state.isLive ? 'live' : 'liveBroken')}</span>
      {status}
    </p>
  )
}
