import '../kit/colours.css'
import '../kit/base.css'
import '../kit/frame/theme.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { openRoute } from './route.ts'
import { openSession, tokenIn } from './session/session.ts'

const root = document.getElementById('app')
if (!root) throw new Error('index.html has no #app')
const session = openSession()
const route = openRoute()

/** Takes the link in the address, if it is one: a tab that shows the console already isn't loaded anew for it. */
async function openLinkInAddress(): Promise<boolean> {
  const token = tokenIn(location.hash)
  if (token === undefined) return false
  // Out of the history at once: whoever looks over a shoulder, or syncs a browser, gets no link.
  history.replaceState(undefined, '', '#/board')
  await session.open(token)
  return true
}

addEventListener('hashchange', () => void openLinkInAddress())
if (!(await openLinkInAddress())) await session.read()
render(<App session={session} route={route} />, root)
document.body.classList.add('ready')
