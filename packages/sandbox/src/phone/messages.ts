import type { World } from '../world.ts'

/** A subscribe message, as it arrived on a phone. */
export interface ReceivedMessage {
  openid: string
  templateId: string
  page?: string
  data: Record<string, { value: string }>
  /** RFC 3339, UTC. */
  time: string
}

/** The subscribe messages of one user, or of all of them, oldest first. */
export function receivedMessages(world: World, openid?: string): ReceivedMessage[] {
  return [...world.ledger.messages.values()]
    .filter((message) => openid === undefined || message.openid === openid)
    .map(({ openid, templateId, page, data, sentAt }) => ({
      openid,
      templateId,
      ...(page === undefined ? {} : { page }),
      data,
      time: new Date(sentAt).toISOString(),
    }))
}
