import type { Store } from '../../kit/store.ts'
import type { Api } from '../api/api.ts'
import { shown } from '../failure.tsx'
import type { OrderReads } from './orders-known.ts'
import type { GuestParts } from './parts.ts'
import type { ConsentSheet, GuestState } from './state.ts'

interface ConsentParts extends Pick<GuestParts, 'api' | 'sandbox'> {
  store: Store<GuestState>
  keepMessages: OrderReads['keepMessages']
  fail: (error: unknown) => void
}

/** Which messages could be asked about. To be called ahead of the tap that asks. */
export async function fetchTemplates(api: Api, { change }: Pick<Store<GuestState>, 'change'>): Promise<void> {
  // No payment fails for a message.
  change({ templates: await api.call('messageTemplates', {}).catch(() => undefined) })
}

/** `wx.requestSubscribeMessage`: WeChat asks the guest, and the mini-program tells the API what was answered. */
export function openConsent({ api, sandbox, store, keepMessages, fail }: ConsentParts) {
  const report = async ({ orderSn, templates, allowed }: ConsentSheet, isAllowed: boolean) => {
    const ids = templates.map(({ templateId }) => templateId)
    const accepted = ids.filter((id) => isAllowed && allowed.has(id))
    const rejected = ids.filter((id) => !accepted.includes(id))
    // WeChat has the answer before the mini-program has it.
    const isAnswered = await sandbox?.answerConsent({ openid: store.state.openid, accepted, rejected }, orderSn)
    if (!isAnswered) return
    const recorded = await api.call('recordMessageConsent', { input: { orderSn, accepted, rejected } }, orderSn)
    if ('messages' in recorded) keepMessages(orderSn, recorded.messages)
    else if (store.state.order?.sn === orderSn) store.change({ failure: shown(recorded) })
  }
  return {
    /**
     * Asks in the caller's own turn: WeChat asks in a tap alone, before anything asynchronous. Nobody is asked while the
     * templates aren't known.
     */
    askForMessages(orderSn: string | undefined = store.state.order?.sn) {
      const { templates } = store.state
      if (!sandbox || orderSn === undefined) return
      if (!templates) return void fetchTemplates(api, store)
      const allowed = new Set(templates.map(({ templateId }) => templateId))
      if (templates.length > 0) store.change({ consent: { orderSn, templates, allowed } })
    },
    allowTemplate(templateId: string, isAllowed: boolean) {
      const { consent } = store.state
      if (!consent) return
      const allowed = new Set(consent.allowed)
      if (isAllowed) allowed.add(templateId)
      else allowed.delete(templateId)
      store.change({ consent: { ...consent, allowed } })
    },
    /** The guest's answer: `isAllowed` allows those that are ticked, otherwise none. */
    async answerConsent(isAllowed: boolean) {
      const { consent } = store.state
      store.change({ consent: undefined })
      if (consent) await report(consent, isAllowed).catch(fail)
    },
    /** Without an answer, as by the phone's own back button. */
    closeConsent: () => store.change({ consent: undefined }),
  }
}
