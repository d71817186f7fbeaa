import { openStore } from '../kit/store.ts'

/** The views, in the order of the navigation. */
export const VIEWS = ['board', 'find', 'decide', 'bill', 'jobs', 'events', 'check'] as const
export type View = (typeof VIEWS)[number]

/** Where the page is: after the `#`, so that the server needs to know no view, and nothing of it gets into its log. */
export interface Route {
  view: View
  /** What of the view: a number, a month, a day. */
  part: string
}

export function hrefOf(view: View, part = ''): string {
  return `#/${view}${part === '' ? '' : `/${encodeURIComponent(part)}`}`
}

function readRoute(hash: string): Route {
  const [, name, part = ''] = /^#\/(\w+)(?:\/(.*))?$/.exec(hash) ?? []
  const view = VIEWS.find((each) => each === name)
  return view ? { view, part: decoded(part) } : { view: 'board', part: '' }
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
    go: (view: View, part = '') => {
      location.hash = hrefOf(view, part)
    },
  }
}

export type Router = ReturnType<typeof openRoute>
