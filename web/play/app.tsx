import './app.css'
import type { ComponentChildren } from 'preact'
import { useDocument } from '../kit/frame/document.ts'
import { language } from '../kit/language.ts'
import { type Store, useStores } from '../kit/store.ts'
import type { Guest } from './guest/guest.ts'
import { Phone } from './guest/phone.tsx'
import { Counter } from './host/counter.tsx'
import type { Host } from './host/host.ts'
import { t } from './text.ts'
import { Progress } from './top/progress.tsx'
import { Top } from './top/top.tsx'
import type { Traffic } from './traffic/traffic.ts'
import { TrafficPanel } from './traffic/traffic-panel.tsx'
import type { Trouble } from './trouble/trouble.ts'
import { TroublePanel } from './trouble/trouble-panel.tsx'
import { Ticker, useShown, type View, Views } from './views.tsx'

export interface AppProps {
  /** Whether WeChat is the sandbox; no browser can pay at the real one. */
  isSandbox: boolean
  guest: Guest
  host: Host
  trouble: Trouble
  traffic: Traffic
  /** The part that was chosen last, for screens that have no room for all. */
  view: Store<{ view: View }>
}

/** The page: the guest's phone, the host's counter, and what travels between them and WeChat. */
export function App(props: AppProps) {
  const { isSandbox, guest, host, trouble, traffic, view } = props
  useStores(guest, host, trouble, trouble.outages, traffic, view, language)
  useDocument(`looklook-pay · ${t('tagline')}`)
  const shown = useShown(view.state.view)
  const show = (next: View) => {
    if (next === 'traffic') traffic.setAutoScroll(true)
    view.change({ view: next })
  }
  return (
    <div class="page" data-view={shown}>
      <Top isSandbox={isSandbox} />
      <Progress state={guest.state} />
      {!isSandbox && (
        <p class="real-wechat" id="real-wechat">
          {t('realWechat')}
        </p>
      )}
      <Stage {...props} onView={show} />
      <Ticker traffic={traffic} onClick={() => show('traffic')} />
      <Views shown={shown} views={viewsOf(isSandbox)} onChoice={show} />
    </div>
  )
}

function viewsOf(isSandbox: boolean): View[] {
  return isSandbox ? ['guest', 'host', 'trouble', 'traffic'] : ['guest', 'host', 'traffic']
}

/** Every part of the page; CSS says which are in sight. */
function Stage({ isSandbox, guest, host, trouble, traffic, onView }: AppProps & { onView: (view: View) => void }) {
  const showCode = (code: string) => {
    onView('host')
    host.take(code)
  }
  return (
    <main class="stage">
      <PartOf view="guest" title={t('guestPhone')}>
        <Phone
          guest={guest}
          isSandbox={isSandbox}
          onCode={showCode}
          noticeFault={trouble.takeNoticeFault}
          refundFault={trouble.takeRefundFault}
        />
      </PartOf>
      <div class="middle">
        <PartOf view="host" title={t('hostCounter')}>
          <Counter host={host} />
        </PartOf>
        {isSandbox && (
          <PartOf view="trouble" title={t('trouble')}>
            <TroublePanel trouble={trouble} guest={guest} />
          </PartOf>
        )}
      </div>
      <section class="part traffic-part" aria-label={t('traffic')}>
        <TrafficPanel traffic={traffic} />
      </section>
    </main>
  )
}

function PartOf({ view, title, children }: { view: View; title: string; children: ComponentChildren }) {
  return (
    <section class={`part ${view}-part`} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}
