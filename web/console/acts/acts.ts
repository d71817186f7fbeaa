import { openStore } from '../../kit/store.ts'
import { actOperations } from '../api/act-operations.ts'
import { send } from '../api/api.ts'
import { type Failure, failureOf } from '../parts/load.ts'
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
  /** It was sent in earnest, and nothing has said whether it was done. */
  isUncertain: boolean
  running: 'dryRun' | 'inEarnest' | undefined
}

const closed: ActsState = {
  asked: undefined,
  fields: {},
  reason: '',
  foreseen: undefined,
  done: undefined,
  failure: undefined,
  isUncertain: false,
  running: undefined,
}

/** Of a dry run, which comes before the reason and keeps none; but the server wants one. */
const NO_REASON = '–'

/** One act at a time: first as a dry run, then, with a reason and a confirmation, in earnest; then calls `onDone`. */
export function openActs({ onDone }: { onDone: () => void }) {
  const store = openStore<ActsState>(closed)
  const { change } = store
  const tell = (asked: Asked) => {
    asked.onDone()
    onDone()
  }
  const run = async (dryRun: boolean) => {
    const { asked, fields, reason, running } = store.state
    if (!asked || running) return
    change({ running: dryRun ? 'dryRun' : 'inEarnest', failure: undefined })
    const { variablesOf = (typed: object) => typed, values } = ACTS[asked.act]
    const why = dryRun && !showsReason(asked) ? NO_REASON : reason
    const outcome = await ask(asked, { ...values, ...variablesOf(fields), reason: why, dryRun })
    if (store.state.asked !== asked) return
    // What is said of anything but what is in sight is not what "Confirm" would do.
    const isStale = dryRun && (store.state.fields !== fields || (showsReason(asked) && store.state.reason !== reason))
    change({ running: undefined, ...(isStale ? {} : changesOf(outcome, dryRun)) })
    if (!dryRun && 'code' in outcome) tell(asked)
  }
  return {
    subscribe: store.subscribe,
    get state() {
      return store.state
    },
    /** Opens the dialog. What asks for nothing more is tried out at once. */
    ask(asked: Asked) {
      change({ ...closed, asked, fields: initialOf(asked) })
      if (fieldsOf(asked).length === 0 && !showsReason(asked)) void run(true)
    },
    type(name: string, text: string) {
      change({ fields: { ...store.state.fields, [name]: text }, foreseen: undefined, failure: undefined })
    },
    giveReason(reason: string) {
      const { asked } = store.state
      change({ reason, ...(asked && showsReason(asked) ? { foreseen: undefined, failure: undefined } : {}) })
    },
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

export function showsReason({ act }: Asked): boolean {
  return ACTS[act].showsReason ?? false
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

/** No answer came, or one that says nothing of what was done before something failed. */
const UNCERTAIN = ['UNREACHABLE', 'UNEXPECTED', 'PAGE_FAILED']

function changesOf(outcome: Outcome, dryRun: boolean): Partial<ActsState> {
  if ('sentences' in outcome) return dryRun ? { foreseen: outcome.sentences } : { done: outcome.sentences }
  // What may be done already is tried out again before anybody can confirm it again.
  return { failure: outcome, foreseen: undefined, isUncertain: !dryRun && UNCERTAIN.includes(outcome.code) }
}
