import { connectApi } from './api.js'
import { h, replace } from './dom.js'
import { openGuest, stepOf } from './guest.js'
import { openPhone } from './guest-view.js'
import { openHost } from './host.js'
import { openLive } from './live.js'
import { openSandbox } from './sandbox.js'
import { locale, onLanguage, switchLanguage, t } from './text.js'
import { openTraffic } from './traffic.js'
import { openTrouble } from './trouble.js'

const STEPS = ['stepSignIn', 'stepBook', 'stepPay', 'stepLive', 'stepCode', 'stepRedeem']
const HINTS = ['hintSignIn', 'hintBook', 'hintPay', 'hintLive', 'hintRedeem', 'hintRedeem', 'hintDone']

const byId = (id) => document.getElementById(id)
const { sandboxUrl } = await (await fetch('/page/config.json')).json()
const isSandbox = sandboxUrl !== null

let guest
const traffic = openTraffic({
  list: byId('traffic-list'),
  chip: byId('traffic-new'),
  onRow: (text) => (byId('ticker').textContent = text),
})
const sandbox = isSandbox
  ? openSandbox({ url: sandboxUrl, traffic, onMessage: (message) => guest.receive(message) })
  : undefined
const guestApi = connectApi({ actor: 'guest', traffic })
const live = openLive({
  traffic,
  token: guestApi.token,
  onState: (state) =>
    state === 'expired' ? guest.signOut(t('UNAUTHENTICATED')) : guest.change({ isLive: state === 'open' }),
})
const host = openHost({
  element: byId('counter'),
  api: connectApi({ actor: 'host', traffic }),
  onRedeemed: () => void (guest.state.order && guest.loadOrder()),
})
const trouble = openTrouble({ element: byId('trouble') })
const phone = openPhone({
  phone: byId('phone'),
  isSandbox,
  onCode(code) {
    // An element can't get the focus before it is shown.
    show('host')
    host.take(code)
  },
  noticeFault: trouble.noticeFault,
})
guest = openGuest({ api: guestApi, live, sandbox, traffic, onChange: draw })

function draw() {
  if (!guest) return
  phone.draw(guest)
  trouble.draw(guest)
  const step = stepOf(guest.state)
  replace(
    byId('steps'),
    ...STEPS.map((name, index) =>
      h('li', { class: index < step ? 'done' : '', 'aria-current': index === step && 'step' }, h('span', {}, t(name))),
    ),
  )
  const hint = t(HINTS[step])
  if (byId('hint').textContent !== hint) byId('hint').textContent = hint
}

/** On a narrow screen, one part is shown at a time. */
function show(view) {
  document.body.dataset.view = view
  if (view === 'traffic') traffic.scrollToNewest()
  for (const button of document.querySelectorAll('.views button')) {
    if (button.dataset.view === view) button.setAttribute('aria-current', 'true')
    else button.removeAttribute('aria-current')
  }
}

function translate() {
  document.documentElement.lang = locale()
  document.title = `looklook-pay · ${t('tagline')}`
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = t(element.dataset.text)
  for (const element of document.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', t(element.dataset.label))
  byId('traffic-list').dataset.empty = t('trafficEmpty')
  byId('language').lang = locale() === 'en' ? 'zh-CN' : 'en'
  draw()
}

byId('language').addEventListener('click', switchLanguage)
byId('traffic-clear').addEventListener('click', () => traffic.clear())
for (const button of document.querySelectorAll('.views button, .ticker')) {
  button.addEventListener('click', () => show(button.dataset.view))
}
byId('real-wechat').hidden = isSandbox
byId('trouble-box').hidden = !isSandbox
byId('sandbox-badge').hidden = !isSandbox
onLanguage(translate)
translate()
document.body.classList.add('ready')
