import {
  MessageTemplatesDocument,
  type OrderMessageStateFragment,
  RecordMessageConsentDocument,
  type RecordMessageConsentInput,
  type RecordMessageConsentMutation,
} from '../generated/graphql.ts'
import { delay, unlessClosed } from './close-signal.ts'
import type { Foreground } from './foreground.ts'
import { type Endpoint, sendRequest } from './request.ts'
import type { Answer } from './result.ts'
import { anonymous } from './session.ts'

/** A message to the guest of an order, and where it stands. */
export type OrderMessage = OrderMessageStateFragment

export interface MessageConsent {
  /**
   * Asks the guest, in the caller's own turn: WeChat asks in a tap alone, before anything asynchronous. Then reports the
   * answer for this order, where one is given. Never rejects.
   */
  ask(orderSn?: string): Promise<Answer<OrderMessage[]>>
}

interface ConsentDeps {
  endpoint: Endpoint
  foreground: Foreground
}

/** An answer that is lost only delays messages, so it is reported so many times at most. */
const REPORTS = 3
const REPORT_AGAIN_MS = 2_000

/** What another try may mend. */
const TEMPORARY = /^(?:NETWORK|UNAUTHENTICATED|INTERNAL_SERVER_ERROR)$/

/** Asks for consent to the server's messages; the ids of their templates are fetched ahead, at once. */
export function createMessageConsent(deps: ConsentDeps): MessageConsent {
  const { endpoint } = deps
  const { requestSubscribe } = endpoint.platform
  let templateIds: string[] | undefined
  let isFetching = false

  const fetchIds = async () => {
    if (!requestSubscribe || templateIds || isFetching) return
    isFetching = true
    // As an anonymous, so that a session which has ended doesn't matter.
    const answer = await sendRequest({ ...endpoint, session: anonymous }, MessageTemplatesDocument, {})
    isFetching = false
    if (answer.ok) templateIds = answer.data.messageTemplates.map(({ templateId }) => templateId)
  }
  void fetchIds()

  const reportInTurn = createReporter(deps)
  // Up to its first `await`, it runs in the caller's turn.
  const askNow = async (orderSn?: string): Promise<Answer<OrderMessage[]>> => {
    if (!requestSubscribe) return notAsked('Only a mini-program can ask for consent.')
    if (!templateIds) {
      void fetchIds()
      return notAsked('The ids of the templates aren’t known yet: try again in another tap.')
    }
    if (templateIds.length === 0) return notAsked('The server has no templates.')
    const ids = templateIds
    try {
      const answers = await requestSubscribe(ids)
      return orderSn === undefined ? { ok: true, data: [] } : await reportInTurn(toInput(orderSn, ids, answers))
    } catch (error) {
      return notAsked(`WeChat did not ask the guest: ${String(error)}`)
    }
  }
  return {
    ask: (orderSn) =>
      unlessClosed(
        endpoint.closeSignal,
        () => askNow(orderSn),
        () => notAsked('The client is closed.'),
      ),
  }
}

function notAsked(message: string): Answer<never> {
  return { ok: false, problem: { code: 'NOT_ASKED', message } }
}

/** `acceptWithAudio` accepts too; `ban` and `filter` are WeChat's own rejections. */
function toInput(orderSn: string, ids: string[], answers: Record<string, string>): Input {
  const answered = ids.filter((id) => answers[id] !== undefined)
  const isAccepted = (id: string) => (answers[id] as string).startsWith('accept')
  return { orderSn, accepted: answered.filter(isAccepted), rejected: answered.filter((id) => !isAccepted(id)) }
}

type Input = RecordMessageConsentInput

/** Makes what reports answers, those about one order one after the other: the server keeps the one that arrives last. */
function createReporter(deps: ConsentDeps): (input: Input) => Promise<Answer<OrderMessage[]>> {
  const reporting = new Map<Input['orderSn'], Promise<unknown>>()
  return (input) => {
    const { orderSn } = input
    const before = reporting.get(orderSn)
    const isLatest = () => reporting.get(orderSn) === latest
    const start = async () => {
      await before
      return report(deps, input, isLatest)
    }
    const latest = start().finally(() => isLatest() && reporting.delete(orderSn))
    reporting.set(orderSn, latest)
    return latest
  }
}

/** @param isLatest false once the guest has answered about the order again. */
async function report(
  { endpoint, foreground }: ConsentDeps,
  input: Input,
  isLatest: () => boolean,
): Promise<Answer<OrderMessage[]>> {
  for (let reports = 1; ; reports++) {
    await foreground.whenVisible()
    if (endpoint.closeSignal.isClosed()) return notAsked('The client is closed.')
    const answer = await sendRequest(endpoint, RecordMessageConsentDocument, { input })
    if (answer.ok) return readMessages(answer.data.recordMessageConsent)
    if (reports === REPORTS || !TEMPORARY.test(answer.problem.code)) return answer
    await delay(endpoint.closeSignal, REPORT_AGAIN_MS * reports)
    if (!isLatest()) return answer
  }
}

function readMessages(recorded: RecordMessageConsentMutation['recordMessageConsent']): Answer<OrderMessage[]> {
  if (recorded.__typename === 'HomestayOrder') return { ok: true, data: recorded.messages }
  const { __typename: _type, ...problem } = recorded
  return { ok: false, problem }
}
