import { openStore } from './store.ts'

/** Where a page is: after the `#`, so that the server needs to know no view, and nothing of it gets into its log. */
export interface RouteOf<View extends string> {
  view: View
  /** What of the view: a number, a month, a day. */
  part: string
}

/** The routes of a page with these views; an address that names none of them is the first one's. */
export function routesOf<View extends string>(views: readonly [View, ...View[]]) {
  const hrefOf = (view: View, part = '') => `#/${view}${part === '' ? '' : `/${encodeURIComponent(part)}`}`

  const readRoute = (hash: string): RouteOf<View> => {
    const [, name, part = ''] = /^#\/(\w+)(?:\/(.*))?$/.exec(hash) ?? []
    const view = views.find((each) => each === name)
    return view ? { view, part: decoded(part) } : { view: views[0], part: '' }
  }

  /** The route of the tab, which follows its address. */
  const openRoute = () => {
    const store = openStore<RouteOf<View>>(readRoute(location.hash))
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
  return { hrefOf, openRoute }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
