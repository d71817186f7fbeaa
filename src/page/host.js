import { ApiError } from './api.js'
import { homestayText } from './demo-text.js'
import { h, replace } from './dom.js'
import { nightsBetween } from './format.js'
import { guestsLine, stayLine } from './guest-screens.js'
import { failureText, onLanguage, t } from './text.js'

const HOST = 'o_demo_host'

/** The host's counter: signs in, accepts a code and redeems it; then calls `onRedeemed`. */
export function openHost({ element, api, onRedeemed }) {
  const state = { isSignedIn: false, isBusy: false, code: '', failure: undefined, order: undefined }
  const change = (changes) => {
    Object.assign(state, changes)
    draw()
  }
  const act = async (work) => {
    if (state.isBusy) return
    change({ isBusy: true, failure: undefined })
    await work().catch((error) => {
      if (!(error instanceof ApiError)) throw error
      change({ failure: error, ...(error.code === 'UNAUTHENTICATED' ? { isSignedIn: false } : {}) })
    })
    change({ isBusy: false })
  }
  const signIn = () =>
    act(async () => {
      const session = await api.signIn(`code-${HOST}`)
      change(session.code ? { failure: session } : { isSignedIn: true })
      document.getElementById('code')?.focus()
    })
  const redeem = () =>
    act(async () => {
      const order = await api.call('redeemTradeCode', { tradeCode: state.code })
      if (order.code) return change({ failure: order, order: undefined })
      change({ order, code: '' })
      onRedeemed()
    })
  const draw = () =>
    replace(
      element,
      h('p', { class: 'counter-name' }, t('hostHello'), h('code', {}, HOST)),
      state.isSignedIn ? codeForm({ state, redeem }) : signInForm({ state, signIn }),
    )
  onLanguage(draw)
  draw()
  return {
    /** Fills in the code that the guest shows. */
    take(code) {
      change({ code, order: undefined, failure: undefined })
      document.getElementById(state.isSignedIn ? 'redeem' : 'host-sign-in')?.focus({ preventScroll: true })
    },
  }
}

function failureOf({ failure }) {
  return failure && h('p', { class: 'failure', role: 'alert' }, failureText(failure))
}

function signInForm({ state, signIn }) {
  return h(
    'div',
    { class: 'counter-form' },
    failureOf(state),
    h(
      'button',
      {
        id: 'host-sign-in',
        class: 'seal-button wide',
        'aria-disabled': state.isBusy && 'true',
        onClick: () => void signIn(),
      },
      t('hostSignIn'),
    ),
  )
}

function codeForm({ state, redeem }) {
  const submit = (event) => {
    event.preventDefault()
    void redeem()
  }
  return h(
    'form',
    { class: 'counter-form', onSubmit: submit },
    h('label', { for: 'code' }, t('codeInput')),
    h('input', {
      id: 'code',
      class: 'code-input',
      value: state.code,
      required: true,
      maxlength: 12,
      autocomplete: 'off',
      autocapitalize: 'characters',
      spellcheck: 'false',
      placeholder: '···· ····',
      onInput: (event) => (state.code = event.target.value),
    }),
    failureOf(state),
    h('button', { id: 'redeem', class: 'seal-button wide', 'aria-disabled': state.isBusy && 'true' }, t('redeem')),
    h(
      'div',
      { class: 'counter-result', role: 'status' },
      state.order ? arrival(state.order) : h('p', { class: 'empty' }, t('hostIdle')),
    ),
  )
}

function arrival({ title, liveStartDate, liveEndDate, livePeopleNum, needFood, homestayId }) {
  const people = [guestsLine(livePeopleNum), needFood && t('withFood')].filter(Boolean).join(' · ')
  return h(
    'div',
    { class: 'arrival' },
    h('span', { class: 'stamp', lang: 'zh', 'aria-hidden': 'true' }, t('redeemedSeal')),
    h('strong', { id: 'redeemed' }, t('redeemed')),
    h('span', {}, homestayText({ homestayId, title }).title),
    h('span', { class: 'dim' }, stayLine(liveStartDate, liveEndDate, nightsBetween(liveStartDate, liveEndDate))),
    h('span', { class: 'dim' }, people),
  )
}
