import { useLayoutEffect, useState } from 'preact/hooks'

/** What components draw, and what tells them that it has changed. */
export interface Store<State extends object> {
  /** As it is now. Never kept: read it again after every await. */
  readonly state: Readonly<State>
  change(changes: Partial<State>): void
  /** @returns what unsubscribes. */
  subscribe(listener: () => void): () => void
}

/** A store that holds `initial`. */
export function openStore<State extends object>(initial: State): Store<State> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    get state() {
      return state
    },
    change(changes) {
      state = { ...state, ...changes }
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Draws the component again after every change of one of the stores. Several changes at once are drawn together. */
export function useStores(...stores: Pick<Store<object>, 'subscribe'>[]): void {
  const [, draw] = useState(0)
  useLayoutEffect(() => {
    const ends = stores.map((store) => store.subscribe(() => draw((times) => times + 1)))
    return () => {
      for (const end of ends) end()
    }
  }, stores)
}
