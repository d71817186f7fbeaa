import { openStore } from '../../kit/store.ts'
import { call } from '../api/call.ts'
import type { Endpoint, Fault, FaultField, FaultKind } from '../api/types.ts'
import { doStep, idle, type WorkState } from '../live/work.ts'
import type { FaultMenu } from './menu.ts'

/** What may be said about any fault. */
const LIMITS = ['times', 'percent', 'seed'] as const
type FieldName = FaultField | (typeof LIMITS)[number] | 'match'

/** What stands in the fields at first. */
const USUAL: Record<Exclude<FieldName, 'code'>, string> = {
  times: '1',
  percent: '',
  seed: '',
  match: '',
  errcode: '40001',
  delayMs: '5000',
  copies: '20',
  amountFen: '1',
}

interface FormState extends WorkState {
  endpoint: Endpoint
  kind: FaultKind
  /** As typed; empty where nothing is said. */
  values: Record<FieldName, string>
  /** How many were armed from here. */
  armed: number
}

export type FaultForm = ReturnType<typeof openFaultForm>

/** The fault that is being put together. `onChange` is told when the sandbox has another one. */
export function openFaultForm(menu: FaultMenu, onChange: () => Promise<void>) {
  const store = openStore<FormState>({
    endpoint: 'payment-notice',
    kind: 'lost',
    values: { ...USUAL, code: menu.codes[0] ?? '' },
    ...idle,
    armed: 0,
  })
  const during = async (act: () => Promise<unknown>) => {
    if (store.state.isBusy) return
    await doStep(async () => {
      await act()
      await onChange()
    }, store.change)
  }
  return {
    menu,
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    chooseEndpoint(endpoint: Endpoint) {
      const kinds = menu.kindsOf(endpoint)
      const kind = kinds.includes(store.state.kind) ? store.state.kind : kinds[0]
      if (kind) store.change({ endpoint, kind, failure: undefined })
    },
    chooseKind: (kind: FaultKind) => store.change({ kind, failure: undefined }),
    write: (name: FieldName, value: string) =>
      store.change({ values: { ...store.state.values, [name]: value }, failure: undefined }),
    arm: () =>
      during(async () => {
        await call('POST /sandbox/faults', faultOf(store.state, menu))
        store.change({ armed: store.state.armed + 1 })
      }),
    clear: (endpoint?: Endpoint) => during(() => call('DELETE /sandbox/faults', endpoint ? { endpoint } : {})),
  }
}

/** The fault that the form says. The sandbox checks it. */
function faultOf({ endpoint, kind, values }: FormState, menu: FaultMenu): Fault {
  const own = menu.fieldOf(kind)
  const names: FieldName[] = [...LIMITS, ...(own ? [own] : [])]
  const numbers = names
    .filter((name) => name !== 'code' && values[name] !== '')
    .map((name) => [name, Number(values[name])])
  return {
    endpoint,
    kind,
    ...Object.fromEntries(numbers),
    ...(own === 'code' ? { code: values.code as NonNullable<Fault['code']> } : {}),
    ...(values.match === '' ? {} : { match: values.match }),
  }
}
