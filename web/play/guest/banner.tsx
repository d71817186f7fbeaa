import './banner.css'
import { useEffect } from 'preact/hooks'
import { t } from '../text.ts'
import type { Guest } from './guest.ts'
import { messageTitle } from './messages.tsx'

const SHOWN_MS = 6000

/** The message that has just arrived, for some seconds. */
export function Banner({ guest }: { guest: Guest }) {
  const { banner } = guest.state
  useEffect(() => {
    if (!banner) return
    const timer = setTimeout(() => guest.dropBanner(), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [banner])
  // It stays while it is empty: a live region must be there before what it announces.
  return (
    <div class="phone-banner" role="status" hidden={!banner}>
      {banner && (
        <button type="button" key={banner.messageId} onClick={() => guest.showTab('messages')}>
          <span class="banner-from">{t('serviceNotice')}</span>
          <strong>{messageTitle(banner)}</strong>
        </button>
      )}
    </div>
  )
}
