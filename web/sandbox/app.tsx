import '../kit/frame/frame.css'
import { skip, useDocument, useFocusOnChange } from '../kit/frame/document.ts'
import { language } from '../kit/language.ts'
import { useStores } from '../kit/store.ts'
import { ClockView } from './clock/clock-view.tsx'
import { FaultsView } from './faults/faults-view.tsx'
import { Head } from './frame/head.tsx'
import { Views } from './frame/views.tsx'
import { LedgerView } from './ledger/ledger-view.tsx'
import { PayView } from './pay/pay-view.tsx'
import { RequestsView } from './requests/requests-view.tsx'
import type { Router } from './route.ts'
import type { Stores } from './stores.ts'
import { t } from './text.ts'

interface AppProps {
  route: Router
  stores: Stores
}

/** The sandbox's page: a frame with one view in it. */
export function App({ route, stores }: AppProps) {
  useStores(route, language)
  const { view, part } = route.state
  useDocument(`${t(`view.${view}`)} · ${t('sandbox')}`)
  useFocusOnChange(view)
  return (
    <div class="frame">
      <a class="skip" href="#view-title" onClick={skip}>
        {t('skip')}
      </a>
      <Head />
      <Views view={view} />
      <main class="view" data-view={view}>
        {view === 'ledger' && <LedgerView stores={stores} part={part} />}
        {view === 'faults' && <FaultsView stores={stores} />}
        {view === 'clock' && <ClockView stores={stores} />}
        {view === 'requests' && <RequestsView stores={stores} />}
        {view === 'pay' && <PayView stores={stores} outTradeNo={part} />}
      </main>
    </div>
  )
}
