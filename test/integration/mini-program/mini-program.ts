import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Context, runInContext } from 'node:vm'
import { createOldPhone } from './old-phone.ts'
import { createScreens, type Screen } from './screen.ts'
import { createTimers } from './timers.ts'

/** A built mini-program that runs: its pages lie on each other, the top one on the screen. */
export interface MiniProgram {
  screen(): Screen
  /** Shows the first page. To be called once. */
  launch(): void
  openTab(route: string): Promise<void>
  /** Ends the process: no timer fires any more. */
  end(): void
}

/** A mini-program from the folder that the developer tools would open, with this `wx`. */
export function loadMiniProgram(folder: string, wx: object): MiniProgram {
  const timers = createTimers()
  const stack = createStack(folder, (route, Page) => {
    context['Page'] = Page
    runFile(route)
  })
  const context = createOldPhone({
    wx: { ...wx, ...stack.navigation },
    console,
    setTimeout: timers.setTimeout,
    clearTimeout: timers.clearTimeout,
    App: () => {},
  })
  const runFile = createRequire(folder, context)
  return {
    screen: stack.top,
    launch() {
      runFile('app')
      stack.openFirst()
    },
    openTab: (route) => stack.navigation.switchTab({ url: `/${route}` }),
    end: timers.end,
  }
}

interface AppJson {
  pages: string[]
  tabBar: { list: { pagePath: string }[] }
}

/** Moves between the pages of app.json as WeChat does. */
function createStack(folder: string, runPage: (route: string, Page: unknown) => void) {
  const { pages, tabBar } = JSON.parse(readFileSync(join(folder, 'app.json'), 'utf8')) as AppJson
  const screens = createScreens(folder, (route, { Page }) => runPage(route, Page))
  const stack: Screen[] = []

  const open = (url: string) => {
    const [path = '', query = ''] = url.replace(/^\//, '').split('?')
    if (!pages.includes(path)) throw new Error(`app.json lists no page ${path}`)
    const screen = screens.open(path)
    stack.push(screen)
    screen.call('onLoad', Object.fromEntries(new URLSearchParams(query)))
    screen.call('onShow')
    screen.call('onReady')
  }
  const unload = (count: number) => {
    for (const screen of stack.splice(stack.length - count)) screen.call('onUnload')
  }
  const top = () => {
    const screen = stack.at(-1)
    if (!screen) throw new Error('no page is open')
    return screen
  }
  const expectTab = (name: string, url: string, isExpected: boolean) => {
    const isTab = tabBar.list.some(({ pagePath }) => url === `/${pagePath}`)
    if (isTab !== isExpected) throw new Error(`${name}:fail ${url} is ${isTab ? 'a' : 'no'} page of the tabBar`)
  }
  return {
    top,
    openFirst: () => open(pages[0] ?? ''),
    navigation: {
      async navigateTo({ url }: { url: string }) {
        expectTab('navigateTo', url, false)
        top().call('onHide')
        open(url)
      },
      async redirectTo({ url }: { url: string }) {
        expectTab('redirectTo', url, false)
        unload(1)
        open(url)
      },
      async switchTab({ url }: { url: string }) {
        expectTab('switchTab', url, true)
        unload(stack.length)
        open(url)
      },
    },
  }
}

/** WeChat's `require`: by paths from the file that calls it; each file runs once. */
function createRequire(folder: string, context: Context): (name: string) => unknown {
  const modules = new Map<string, { exports: unknown }>()
  const load = (path: string): unknown => {
    const known = modules.get(path)
    if (known) return known.exports
    const module = { exports: {} }
    modules.set(path, module)
    const code = `(function (exports, require, module) {${readFileSync(path, 'utf8')}\n})`
    const run = runInContext(code, context, { filename: path }) as (...args: unknown[]) => void
    run(module.exports, (specifier: string) => load(join(path, '..', specifier)), module)
    return module.exports
  }
  return (name) => load(join(folder, `${name}.js`))
}
