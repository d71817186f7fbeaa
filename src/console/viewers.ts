import { NewestStream } from '../infra/newest-stream.ts'

/** Who watches. */
export interface Watcher {
  isStillSignedIn: () => Promise<boolean>
  /** Tells that nobody is there any more, also before the stream is read. */
  whenGone: (end: () => void) => void
  /** Called once, when the stream is over. */
  onStop: () => void
}

interface Events<Value extends object> {
  /** Somebody has come. */
  onJoin: (viewer: NewestStream<Value>) => void
  onLeave?: () => void
}

/** Those who look at the same thing, which is made once for all of them. */
export interface Viewers<Value extends object> {
  count: () => number
  /** The newest value whenever there is one, until the viewer leaves or isn't signed in any more. */
  watch: (watcher: Watcher) => AsyncIterable<Value>
  /** Gives all of them the value, but for those who aren't signed in any more, whose streams end. */
  offer: (value: Value) => Promise<void>
  /** Ends every stream. */
  end: () => void
}

export function openViewers<Value extends object>({ onJoin, onLeave }: Events<Value>): Viewers<Value> {
  const viewers = new Map<NewestStream<Value>, () => Promise<boolean>>()
  return {
    count: () => viewers.size,
    watch: ({ isStillSignedIn, whenGone, onStop }) => {
      const opened = new Viewer<Value>({
        start: (viewer) => {
          viewers.set(viewer, isStillSignedIn)
          onJoin(viewer)
        },
        stop: (viewer) => {
          onStop()
          if (viewers.delete(viewer)) onLeave?.()
        },
      })
      whenGone(() => opened.end())
      return opened
    },
    offer: async (value) => {
      await Promise.all(
        [...viewers].map(async ([viewer, isStillSignedIn]) => {
          if (await isStillSignedIn()) viewer.offer(value)
          else viewer.end()
        }),
      )
    },
    end: () => {
      for (const viewer of viewers.keys()) viewer.end()
    },
  }
}

interface Life<Value extends object> {
  start: (viewer: NewestStream<Value>) => void
  stop: (viewer: NewestStream<Value>) => void
}

class Viewer<Value extends object> extends NewestStream<Value> {
  readonly #life: Life<Value>

  constructor(life: Life<Value>) {
    super()
    this.#life = life
  }

  protected override onStart(): void {
    this.#life.start(this)
  }

  protected override onStop(): void {
    this.#life.stop(this)
  }
}
