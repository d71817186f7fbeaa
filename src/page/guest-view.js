import { h, replace } from './dom.js'
import { clock, countdown, yuan } from './format.js'
import { messagesScreen, messageTitle, orderScreen, ordersScreen } from './guest-order.js'
import { bookingScreen, staysScreen, welcomeScreen } from './guest-screens.js'
import { t } from './text.js'

const BANNER_MS = 6000

/** Draws the guest's app into the phone; `draw` updates what has changed. */
export function openPhone({ phone, isSandbox, onCode, noticeFault }) {
  const part = (name) => phone.querySelector(`.phone-${name}`)
  const [bar, screen, tabs, banner, sheet] = ['bar', 'screen', 'tabs', 'banner', 'sheet'].map(part)
  let drawn = ''
  let bannerTimer
  let opener = ''

  sheet.addEventListener('animationend', () => sheet.classList.remove('opening'))
  setInterval(() => {
    phone.querySelector('.phone-time').textContent = clock(new Date(), true)
    for (const each of phone.querySelectorAll('[data-until]')) each.textContent = countdown(each.dataset.until)
  }, 1000)

  const drawScreen = (guest) => {
    const { name, content } = screenOf(guest, { isSandbox, onCode })
    const hadFocus = screen.contains(document.activeElement)
    const days = screen.querySelector('.days')?.scrollLeft
    replace(screen, ...content)
    const strip = screen.querySelector('.days')
    if (drawn === name) {
      if (strip && days !== undefined) strip.scrollLeft = days
      if (hadFocus && !screen.contains(document.activeElement)) focusHeading(screen)
      return
    }
    drawn = name
    screen.scrollTop = 0
    const chosen = strip?.querySelector('input:checked')?.parentElement
    if (chosen) strip.scrollLeft = chosen.offsetLeft - strip.clientWidth / 3
    if (hadFocus) focusHeading(screen)
  }
  const drawSheet = (guest) => {
    const isOpen = guest.state.sheet !== undefined
    const wasOpen = !sheet.hidden
    if (isOpen && !wasOpen) opener = document.activeElement?.id ?? ''
    for (const each of [bar, screen, tabs]) each.inert = isOpen
    sheet.hidden = !isOpen
    if (isOpen && !wasOpen) sheet.classList.add('opening')
    replace(sheet, ...(isOpen ? paySheet(guest, noticeFault) : []))
    if (isOpen && !wasOpen) document.getElementById('pay-now')?.focus()
    if (!isOpen && wasOpen)
      (document.getElementById(opener) ?? screen.querySelector('h3'))?.focus({ preventScroll: true })
  }
  const drawBanner = (guest) => {
    const { banner: message } = guest.state
    if (!message || banner.dataset.id === message.messageId) {
      if (!message) banner.hidden = true
      return
    }
    banner.dataset.id = message.messageId
    const open = () => {
      guest.change({ banner: undefined })
      guest.showTab('messages')
    }
    replace(
      banner,
      h(
        'button',
        { onClick: open },
        h('span', { class: 'banner-from' }, t('serviceNotice')),
        h('strong', {}, messageTitle(message)),
      ),
    )
    banner.hidden = false
    clearTimeout(bannerTimer)
    bannerTimer = setTimeout(() => guest.change({ banner: undefined }), BANNER_MS)
  }

  return {
    draw(guest) {
      drawBar(bar, guest)
      drawScreen(guest)
      drawTabs(tabs, guest)
      drawSheet(guest)
      drawBanner(guest)
    },
  }
}

function focusHeading(screen) {
  screen.querySelector('h3')?.focus({ preventScroll: true })
}

function screenOf(guest, options) {
  const { isSignedIn, booking, order, tab } = guest.state
  if (!isSignedIn) return { name: 'welcome', content: welcomeScreen(guest, options) }
  if (booking) return { name: 'booking', content: bookingScreen(guest) }
  if (order) return { name: `order ${order.sn}`, content: orderScreen(guest, options) }
  if (tab === 'orders') return { name: 'orders', content: ordersScreen(guest) }
  if (tab === 'messages') return { name: 'messages', content: messagesScreen(guest) }
  return { name: 'stays', content: staysScreen(guest) }
}

function drawBar(bar, guest) {
  const { booking, order } = guest.state
  // An unchanged button keeps its old listener, so the state is read at the click.
  const goBack = () => guest.showTab(guest.state.tab)
  replace(
    bar,
    (booking || order) && h('button', { id: 'back', class: 'bar-back', 'aria-label': t('back'), onClick: goBack }, '‹'),
    h('span', {}, t('brand')),
  )
}

function drawTabs(tabs, guest) {
  const { isSignedIn, booking, tab, unread } = guest.state
  tabs.hidden = !isSignedIn || booking !== undefined
  tabs.setAttribute('aria-label', t('guestPhone'))
  const button = (name, text) =>
    h(
      'button',
      { id: `tab-${name}`, 'aria-current': tab === name && 'page', onClick: () => guest.showTab(name) },
      text,
      name === 'messages' && unread > 0 && h('span', { class: 'badge' }, String(unread)),
    )
  replace(tabs, button('stays', t('tabStays')), button('orders', t('tabOrders')), button('messages', t('tabMessages')))
}

/** WeChat's own sheet, which the mini-program has no access to. */
function paySheet(guest, noticeFault) {
  const { sheet, sheetFailure, isBusy } = guest.state
  const onKeydown = (event) => {
    if (event.key === 'Escape' && !sheet.isPaid) guest.closeSheet()
  }
  const done = [
    h('div', { class: 'sheet-tick', 'aria-hidden': 'true' }, '✓'),
    h('p', { class: 'sheet-paid', role: 'status' }, t('paid')),
  ]
  const confirmation = [
    h('dl', { class: 'prices' }, h('dt', {}, t('payWith')), h('dd', {}, t('balance'))),
    sheetFailure && h('p', { class: 'failure', role: 'alert' }, sheetFailure),
    h(
      'button',
      {
        id: 'pay-now',
        class: 'wechat-button wide',
        'aria-disabled': isBusy && 'true',
        onClick: () => void guest.payOnPhone(noticeFault()),
      },
      t('payNow'),
    ),
    h('p', { class: 'sheet-note' }, t('sheetNote')),
  ]
  return [
    h(
      'div',
      { class: 'sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'sheet-title', onKeydown },
      h(
        'div',
        { class: 'sheet-head' },
        h('button', { id: 'sheet-close', 'aria-label': t('close'), onClick: () => guest.closeSheet() }, '×'),
        h('span', { id: 'sheet-title' }, t('paySheet')),
      ),
      h('p', { class: 'sheet-to' }, t('payTo')),
      h('p', { class: 'sheet-amount' }, yuan(sheet.amountFen)),
      sheet.isPaid ? done : confirmation,
    ),
  ]
}
