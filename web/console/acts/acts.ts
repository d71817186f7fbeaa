import { openStore } from '../../kit/store.ts'
import { actOperations } from '../api/act-operations.ts'
import { send } from '../api/api.ts'
import { type Failure, failureOf } from '../parts/load.ts'
import { t } from '../text.ts'
import { ACTS, type ActName } from './table.ts'

/** An act that a button asks for. */
export interface Asked {
  act: ActName
  /** The variables that the button knows. */
  values: Readonly<Record<string, string | string[]>>
  /** What it is about, as a person sees it: a number. */
  about: string
  /** Called once it is done. */
  onDone: () => void
}

interface ActsState {
  /** Undefined while the dialog is closed. */
  asked: Asked | undefined
  /** What was typed, by the name of the field. */
  fields: Readonly<Record<string, string>>
  reason: string
  /** What would happen, as a dry run has said of exactly this. */
  foreseen: readonly string[] | undefined
  /** What has happened. */
  done: readonly string[] | undefined
  failure: Failure | undefined
  isBusy: boolean
}

const closed: ActsState = {
  asked: undefined,
  fields: {},
  reason: '',
  foreseen: undefined,
  done: undefined,
  failure: undefined,
  isBusy: false,
}

/** One act at a time: first as a dry run, then, with a reason and a confirmation, in earnest; then calls `onDone`. */
export function openActs({ onDone }: { onDone: () => void }) {
  const store = openStore<ActsState>(closed)
  const { change } = store
  const tell = (asked: Asked) => {
    asked.onDone()
    onDone()
  }
  const run = async (dryRun: boolean) => {
    const { asked, fields, reason, isBusy } = store.state
    if (!asked || isBusy) return
    change({ isBusy: true, failure: undefined })
    const { variablesOf = (typed: object) => typed, values } = ACTS[asked.act]
    // A dry run comes before the reason, and keeps none.
    const why = reason.trim() || t('tryOut')
    const outcome = await ask(asked, { ...values, ...variablesOf(fields), reason: why, dryRun })
    // Closed meanwhile: what was done is done.
    if (store.state.asked !== asked) return dryRun ? undefined : tell(asked)
    // What a dry run says of other fields than those in sight is not what "Confirm" would do.
    if (dryRun && store.state.fields !== fields) return change({ isBusy: false })
    if ('code' in outcome) change({ isBusy: false, failure: outcome })
    else change({ isBusy: false, ...(dryRun ? { foreseen: outcome.sentences } : { done: outcome.sentences }) })
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    /** Opens the dialog. What asks for nothing more is tried out at once. */
    ask(asked: Asked) {
      change({ ...closed, asked, fields: initialOf(asked) })
      if (fieldsOf(asked).length === 0) void run(true)
    },
    type(name: string, text: string) {
      change({ fields: { ...store.state.fields, [name]: text }, foreseen: undefined, failure: undefined })
    },
    giveReason: (reason: string) => change({ reason }),
    tryOut: () => run(true),
    confirm: () => run(false),
    close() {
      const { asked, done } = store.state
      change(closed)
      if (done && asked) tell(asked)
    },
  }
}

export type Acts = ReturnType<typeof openActs>

function initialOf(asked: Asked): Record<string, string> {
  return Object.fromEntries(fieldsOf(asked).flatMap(({ name, initial }) => (initial ? [[name, initial]] : [])))
}

export function fieldsOf({ act }: Asked) {
  return ACTS[act].fields ?? []
}

/** The only field of an act's answer. */
type Answer = { sentences: readonly string[] } | { code: string; message: string }
type Outcome = { sentences: readonly string[] } | Failure

async function ask({ act, values }: Asked, variables: object): Promise<Outcome> {
  try {
    const { operation } = ACTS[act]
    const data = (await send(actOperations[operation], { ...values, ...variables })) as Record<string, Answer>
    const outcome = data[operation]
    if (!outcome) throw new Error(`${operation} has no answer`)
    return 'sentences' in outcome ? outcome : { ...outcome, requestId: undefined }
  } catch (error) {
    return failureOf(error)
  }
}
