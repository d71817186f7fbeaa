import '../kit/colours.css'
import '../kit/base.css'
import '../kit/frame/theme.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { openRoute } from './route.ts'
import { openStores } from './stores.ts'

const root = document.getElementById('app')
if (!root) throw new Error('index.html has no #app')
render(<App route={openRoute()} stores={openStores()} />, root)
document.body.classList.add('ready')
