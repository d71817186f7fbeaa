import type { Desk, Outcome, Wish } from '../../act/desk.ts'
import { explainFailure } from '../../act/failure.ts'
import { InvalidInputError } from '../../errors.ts'
import { consoleTexts } from '../texts.ts'
import { builder } from './builder.ts'
import type { ConsoleContext } from './context.ts'

/** The trail keeps it for ever. */
const REASON = /^\P{C}{1,200}$/u

/** What has come of an act, in the reader's language. */
class Act {
  readonly dryRun: boolean
  readonly sentences: string[]

  constructor(dryRun: boolean, sentences: string[]) {
    this.dryRun = dryRun
    this.sentences = sentences
  }
}

/** Why it couldn't be done. */
class Refusal {
  readonly code: string
  readonly message: string

  constructor(code: string, message: string) {
    this.code = code
    this.message = message
  }
}

builder.objectType(Act, {
  name: 'Act',
  isTypeOf: (value) => value instanceof Act,
  description: 'What was done, or in a dry run what would be.',
  fields: (t) => ({ dryRun: t.exposeBoolean('dryRun'), sentences: t.exposeStringList('sentences') }),
})

builder.objectType(Refusal, {
  name: 'Refusal',
  isTypeOf: (value) => value instanceof Refusal,
  description: 'Why it can’t be done, and what to do.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'As in the API for guests; WECHAT_REFUSED where WeChat says no.' }),
    message: t.exposeString('message'),
  }),
})

const ActResultRef = builder.unionType('ActResult', { types: [Act, Refusal] })

/** Of every act: a viewer gets FORBIDDEN. */
export const anAct = { type: ActResultRef, authScopes: { operator: true } } as const

/** Of every act: it has a reason, and is tried out before it is done. */
export const wishArgs = builder.args((t) => ({
  reason: t.string({ required: true, description: 'Why: stands in the trail.' }),
  dryRun: t.boolean({ required: true, description: 'Says what would happen, and changes nothing.' }),
}))

/** Does an act as the signed-in operator wishes. */
export async function perform(
  { deps, operator, language }: ConsoleContext,
  { reason, dryRun }: { reason: string; dryRun: boolean },
  work: (desk: Desk, wish: Wish) => Promise<Outcome>,
): Promise<Act | Refusal> {
  const { config, db, log } = deps
  const desk: Desk = { config, db, log, openDeps: async () => deps, openQueue: async () => deps.queue }
  try {
    const { name, id: operatorId } = operator
    const by = { operator: name, operatorId, via: 'CONSOLE', reason: readReason(reason) } as const
    const { sentences } = await work(desk, { by, dryRun })
    return new Act(
      dryRun,
      sentences.map((text) => text[language]),
    )
  } catch (error) {
    const failure = explainFailure(error)
    if (!failure) throw error
    return new Refusal(failure.code, failure.text[language])
  }
}

function readReason(text: string): string {
  const reason = text.trim()
  if (REASON.test(reason)) return reason
  throw new InvalidInputError([{ path: 'reason', text: consoleTexts.reason }])
}
