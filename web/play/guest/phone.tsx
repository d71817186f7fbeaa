import './phone.css'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { shortClock } from '../../kit/format.ts'
import { t } from '../text.ts'
import type { NoticeFault } from '../wechat/faults.ts'
import { Banner } from './banner.tsx'
import { BookingScreen } from './booking-screen.tsx'
import { ConsentSheetView } from './consent-sheet.tsx'
import type { Guest } from './guest.ts'
import { MessagesScreen } from './messages.tsx'
import { OrderScreen } from './order-screen.tsx'
import { OrdersScreen } from './orders-screen.tsx'
import { PaySheetView } from './pay-sheet.tsx'
import type { GuestState, Tab } from './state.ts'
import { StaysScreen } from './stays-screen.tsx'
import { WelcomeScreen } from './welcome-screen.tsx'

export interface PhoneProps {
  guest: Guest
  isSandbox: boolean
  /** Called with the entry code when the guest shows it. */
  onCode: (code: string) => void
  /** The fault of the next payment's notice, for one payment only. */
  noticeFault: () => NoticeFault | undefined
  /** Whether the next refund shall go wrong, for one refund only. */
  refundFault: () => boolean
}

/** The guest's phone, with the mini-program in it. */
export function Phone(props: PhoneProps) {
  const { guest, noticeFault } = props
  const { consent, sheet } = guest.state
  const open = openSheet(guest.state)
  useSheetFocus(open)
  return (
    <div class="phone">
      <PhoneStatus />
      <div class="phone-head" inert={open !== undefined}>
        <Bar guest={guest} />
        <div class="capsule" aria-hidden="true">
          <i />
          <i />
        </div>
      </div>
      <Screen {...props} />
      <Tabs guest={guest} />
      {open === 'consent' && consent && <ConsentSheetView guest={guest} consent={consent} />}
      {open === 'pay' && sheet && <PaySheetView guest={guest} sheet={sheet} noticeFault={noticeFault} />}
      <Banner guest={guest} />
    </div>
  )
}

type SheetName = 'consent' | 'pay'

/** What has the focus first. */
const FIRST_OF_SHEET: Record<SheetName, string> = { consent: 'consent-allow', pay: 'pay-now' }

/** The sheet that is in sight. */
function openSheet({ consent, sheet }: GuestState): SheetName | undefined {
  if (consent) return 'consent'
  return sheet && 'pay'
}

/** Gives the focus to the sheet, and when it closes to what had it before, or to the screen's heading. */
function useSheetFocus(open: SheetName | undefined): void {
  const opener = useRef<string | undefined>(undefined)
  // Asked before what is behind the sheet becomes inert, which takes the focus from it.
  if (open) opener.current ??= document.activeElement?.id ?? ''
  useLayoutEffect(() => {
    if (open) {
      document.getElementById(FIRST_OF_SHEET[open])?.focus()
    } else if (opener.current !== undefined) {
      const heading = document.querySelector<HTMLElement>('.phone-screen h3')
      ;(document.getElementById(opener.current) ?? heading)?.focus({ preventScroll: true })
      opener.current = undefined
    }
  }, [open])
}

function PhoneStatus() {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <div class="phone-status" aria-hidden="true">
      <span>{shortClock(now)}</span>
      <span class="phone-signal" />
    </div>
  )
}

function Bar({ guest }: { guest: Guest }) {
  const { booking, order, tab } = guest.state
  return (
    <div class="phone-bar">
      {(booking ?? order) && (
        <button type="button" id="back" class="bar-back" aria-label={t('back')} onClick={() => guest.showTab(tab)}>
          ‹
        </button>
      )}
      <span>{t('brand')}</span>
    </div>
  )
}

/** The screen that is shown, scrolled to its top when it is another one; its heading gets the focus that it would lose. */
function Screen(props: PhoneProps) {
  const { name, content } = screenOf(props)
  const screen = useRef<HTMLDivElement>(null)
  // Asked before the children are replaced, and the focus is gone with them.
  const hadFocus = screen.current?.contains(document.activeElement) ?? false
  useLayoutEffect(() => {
    screen.current?.scrollTo(0, 0)
  }, [name])
  useLayoutEffect(() => {
    if (!hadFocus || screen.current?.contains(document.activeElement)) return
    screen.current?.querySelector('h3')?.focus({ preventScroll: true })
  })
  return (
    <div class="phone-screen" ref={screen} inert={openSheet(props.guest.state) !== undefined}>
      {content}
    </div>
  )
}

function screenOf({ guest, isSandbox, onCode, refundFault }: PhoneProps) {
  const { isSignedIn, isResuming, booking, order, tab } = guest.state
  if (isResuming) return { name: 'resuming', content: null }
  if (!isSignedIn) return { name: 'welcome', content: <WelcomeScreen guest={guest} isSandbox={isSandbox} /> }
  if (booking) return { name: 'booking', content: <BookingScreen guest={guest} booking={booking} /> }
  if (order) {
    const shown = { guest, order, isSandbox, onCode, refundFault }
    const content = <OrderScreen key={order.sn} {...shown} />
    return { name: `order ${order.sn}`, content }
  }
  if (tab === 'orders') return { name: 'orders', content: <OrdersScreen guest={guest} /> }
  if (tab === 'messages') return { name: 'messages', content: <MessagesScreen guest={guest} /> }
  return { name: 'stays', content: <StaysScreen guest={guest} /> }
}

function Tabs({ guest }: { guest: Guest }) {
  const { isSignedIn, booking, unread } = guest.state
  if (!isSignedIn || booking) return null
  return (
    <nav class="phone-tabs" aria-label={t('phoneTabs')} inert={openSheet(guest.state) !== undefined}>
      <TabButton guest={guest} name="stays" text={t('tabStays')} />
      <TabButton guest={guest} name="orders" text={t('tabOrders')} />
      <TabButton guest={guest} name="messages" text={t('tabMessages')} count={unread} />
    </nav>
  )
}

function TabButton({ guest, name, text, count = 0 }: { guest: Guest; name: Tab; text: string; count?: number }) {
  return (
    <button
      type="button"
      id={`tab-${name}`}
      aria-current={guest.state.tab === name ? 'page' : undefined}
      onClick={() => guest.showTab(name)}
    >
      {text}
      {count > 0 && <span class="badge">{count}</span>}
    </button>
  )
}
