import './welcome.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { FailureOf } from '../failure.tsx'
import { t } from '../text.ts'
import { Cover } from './cover.tsx'
import type { Guest } from './guest.ts'

/** Of the sky below the title, left and top in percent. */
const STARS = [
  [6, 30],
  [13, 78],
  [21, 12],
  [30, 55],
  [38, 90],
  [47, 24],
  [55, 66],
  [63, 8],
  [71, 44],
  [80, 84],
  [88, 20],
  [95, 60],
]

const SHINE = { x: 250, y: 104 }

/** Signing in. */
export function WelcomeScreen({ guest, isSandbox }: { guest: Guest; isSandbox: boolean }) {
  const { openid, failure, isBusy } = guest.state
  const submit = (event: Event) => {
    event.preventDefault()
    void guest.signIn()
  }
  return (
    <>
      <div class="welcome-art">
        <Cover id="demo-homestay-03" shine={SHINE} isSkyClear />
        <Stars />
        <h3 class="welcome-title" tabIndex={-1}>
          {t('brand')}
        </h3>
        <p>{t('welcome')}</p>
      </div>
      <form class="welcome-form" onSubmit={submit}>
        <label for="guest-name">{isSandbox ? t('guestName') : t('guestCode')}</label>
        <input
          id="guest-name"
          defaultValue={isSandbox ? openid : ''}
          required
          pattern="[0-9A-Za-z_\-]{1,128}"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => guest.rename(event.currentTarget.value)}
        />
        <FailureOf failure={failure} />
        <ActionButton id="sign-in" kind="wechat" text={t('signIn')} isBusy={isBusy} />
      </form>
    </>
  )
}

/** Stars where nothing is written. */
function Stars() {
  return (
    <svg class="welcome-stars" aria-hidden="true">
      {STARS.map(([left, top], index) => (
        <circle key={left} cx={`${left}%`} cy={`${top}%`} r={index % 3 === 0 ? 1.6 : 1} />
      ))}
    </svg>
  )
}
