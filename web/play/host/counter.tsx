import './counter.css'
import { useLayoutEffect } from 'preact/hooks'
import { ActionButton } from '../../kit/action-button.tsx'
import type { RedeemedOrder } from '../api/types.ts'
import { homestayText } from '../demo-text.ts'
import { FailureOf, shown } from '../failure.tsx'
import { guestsLine, stayOf } from '../stay-lines.ts'
import { t } from '../text.ts'
import { HOST, type Host } from './host.ts'

/** The host's counter. */
export function Counter({ host }: { host: Host }) {
  const { isSignedIn, focus } = host.state
  useLayoutEffect(() => {
    if (focus) document.getElementById(focus.id)?.focus({ preventScroll: true })
  }, [focus])
  return (
    <div class="counter">
      <p class="counter-name">
        {t('hostHello')}
        <code>{HOST}</code>
      </p>
      {isSignedIn ? <CodeForm host={host} /> : <SignInForm host={host} />}
    </div>
  )
}

function HostFailure({ host }: { host: Host }) {
  const { failure } = host.state
  return <FailureOf failure={failure && shown(failure)} />
}

function SignInForm({ host }: { host: Host }) {
  return (
    <div class="counter-form">
      <HostFailure host={host} />
      <ActionButton
        id="host-sign-in"
        kind="seal"
        text={t('hostSignIn')}
        isBusy={host.state.isBusy}
        onClick={() => void host.signIn()}
      />
    </div>
  )
}

function CodeForm({ host }: { host: Host }) {
  const { code, isBusy, order } = host.state
  const submit = (event: Event) => {
    event.preventDefault()
    void host.redeem()
  }
  return (
    <form class="counter-form" onSubmit={submit}>
      <label for="code">{t('codeInput')}</label>
      <input
        id="code"
        class="code-input"
        value={code}
        required
        maxLength={12}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        placeholder="···· ····"
        onInput={(event) => host.type(event.currentTarget.value)}
      />
      <HostFailure host={host} />
      <ActionButton id="redeem" kind="seal" text={t('redeem')} isBusy={isBusy} />
      <div class="counter-result" role="status">
        {order ? <Arrival order={order} /> : <p class="empty">{t('hostIdle')}</p>}
      </div>
    </form>
  )
}

function Arrival({ order }: { order: RedeemedOrder }) {
  const people = [guestsLine(order.livePeopleNum), order.needFood && t('withFood')].filter(Boolean).join(' · ')
  return (
    <div class="arrival">
      <span class="stamp" lang="zh" aria-hidden="true">
        {t('redeemedSeal')}
      </span>
      <strong id="redeemed">{t('redeemed')}</strong>
      <span>{homestayText({ ...order, subTitle: '' }).title}</span>
      <span class="dim">{stayOf(order)}</span>
      <span class="dim">{people}</span>
    </div>
  )
}
