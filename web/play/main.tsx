import '../kit/colours.css'
import '../kit/base.css'
import { render } from 'preact'
import { openStore } from '../kit/store.ts'
import { connectApi } from './api/api.ts'
import { openLive } from './api/live.ts'
import { App } from './app.tsx'
import { type Guest, openGuest } from './guest/guest.ts'
import { openHost } from './host/host.ts'
import { t } from './text.ts'
import { openTraffic } from './traffic/traffic.ts'
import { openOutages } from './trouble/outages.ts'
import { openTrouble } from './trouble/trouble.ts'
import type { View } from './views.tsx'
import { openSandbox } from './wechat/sandbox.ts'

/** What the server says of itself. */
interface PageConfig {
  /** Null where WeChat is the real one. */
  sandboxUrl: string | null
  /** What of the server can be taken away, and whether it is there. */
  parts: { worker?: boolean; redis?: boolean }
}

/** Puts the page's parts together around the server's configuration. */
function open({ sandboxUrl, parts }: PageConfig) {
  const traffic = openTraffic()
  const sandbox =
    sandboxUrl === null
      ? undefined
      : openSandbox({
          url: sandboxUrl,
          traffic,
          orderOfMessage: (message) => guest.orderOfMessage(message),
          onMessage: (message) => void guest.receive(message),
        })
  const api = connectApi({ actor: 'guest', traffic })
  const live = openLive({
    traffic,
    token: api.token,
    onState: (state) =>
      state === 'expired' ? guest.signOut({ text: t('UNAUTHENTICATED') }) : guest.setLive(state === 'open'),
  })
  const guest: Guest = openGuest({ api, live, sandbox, traffic })
  const host = openHost({
    api: connectApi({ actor: 'host', traffic }),
    onRedeemed: () => void (guest.state.order && guest.loadOrder()),
  })
  const view = openStore<{ view: View }>({ view: 'guest' })
  const outages = openOutages({ sandbox, parts, onBack: () => void guest.catchUp() })
  return { isSandbox: sandbox !== undefined, guest, host, trouble: openTrouble(outages), traffic, view }
}

const response = await fetch('/page/config.json')
const config = (await response.json()) as PageConfig
const root = document.getElementById('app')
if (!root) throw new Error('index.html has no #app')
const parts = open(config)
void parts.guest.resume()
render(<App {...parts} />, root)
document.body.classList.add('ready')
