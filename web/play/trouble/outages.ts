import { postJson } from '../../kit/post-json.ts'
import { openStore } from '../../kit/store.ts'
import type { Sandbox } from '../wechat/sandbox.ts'

/** What can be taken away and brought back: WeChat at the sandbox, and parts of the server. */
export type Part = 'wechat503' | 'worker' | 'redis'

interface OutagesState {
  /** The parts that can be taken away here, and whether they are there now. */
  parts: Partial<Record<Part, boolean>>
}

export interface OutagesInput {
  sandbox: Sandbox | undefined
  /** Of the server, as its configuration says. */
  parts: Partial<Record<Part, boolean>>
  /** Called when a part is back: what waited for it may move now. */
  onBack: () => void
}

export type Outages = ReturnType<typeof openOutages>

/** The parts that are away, and what takes them away. */
export function openOutages({ sandbox, parts, onBack }: OutagesInput) {
  const store = openStore<OutagesState>({ parts })
  const setPart = (part: Part, isUp: boolean) => store.change({ parts: { ...store.state.parts, [part]: isUp } })
  // Faults outlive the page that made them.
  if (sandbox) {
    setPart('wechat503', true)
    sandbox.isDown().then(
      (isDown) => setPart('wechat503', !isDown),
      () => {},
    )
  }
  let changing = Promise.resolve()
  const change = async (part: Part, isUp: boolean) => {
    if (part === 'wechat503') await sandbox?.setDown(!isUp)
    else if (!(await changeOnServer(part, isUp))) throw new Error(`${part} did not change`)
    if (isUp) onBack()
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    /** One change after the other; a switch whose change fails goes back. */
    set(part: Part, isUp: boolean): Promise<void> {
      setPart(part, isUp)
      changing = changing.then(() => change(part, isUp)).catch(() => setPart(part, !isUp))
      return changing
    },
  }
}

/** @returns whether the server says that it is so now. */
async function changeOnServer(part: Part, isUp: boolean): Promise<boolean> {
  const answer = await postJson('/page/parts', { part, isUp })
  const parts = answer?.json as OutagesState['parts'] | undefined
  return parts?.[part] === isUp
}
