import { openStore } from '../kit/store.ts'

/** The views, in the order of the navigation. */
export const VIEWS = ['ledger', 'faults', 'clock', 'requests'] as const
type View = (typeof VIEWS)[number]

/** Where the page is, after the `#`: a view, or the phone that pays an order. */
export interface Route {
  view: View | 'pay'
  /** What of it: a number. */
  part: string
}

export function hrefOf(view: Route['view'], part = ''): string {
  return `#/${view}${part === '' ? '' : `/${encodeURIComponent(part)}`}`
}

function readRoute(hash: string): Route {
  const [, name, part = ''] = /^#\/(\w+)(?:\/(.*))?$/.exec(hash) ?? []
  const view = [...VIEWS, 'pay' as const].find((each) => each === name)
  return view ? { view, part: decoded(part) } : { view: 'ledger', part: '' }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The route of the tab, which follows its address. */
export function openRoute() {
  const store = openStore<Route>(readRoute(location.hash))
  addEventListener('hashchange', () => store.change(readRoute(location.hash)))
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    go: (view: Route['view'], part = '') => {
      location.hash = hrefOf(view, part)
    },
  }
}

export type Router = ReturnType<typeof openRoute>
