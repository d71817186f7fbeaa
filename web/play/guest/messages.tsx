import './messages.css'
import { Fact, Facts } from '../../kit/facts.tsx'
import { shortClock } from '../../kit/format.ts'
import { type TextKey, t, textOr } from '../text.ts'
import type { Message } from '../wechat/ledger.ts'
import type { Guest } from './guest.ts'

/** The titles of messages by a key that only their template has. */
const titles: Record<string, TextKey> = { amount2: 'messagePaid', date2: 'messageCheckIn', amount3: 'messageRefunded' }

export function messageTitle({ data }: Pick<Message, 'data'>): string {
  const key = Object.keys(titles).find((name) => name in data)
  return t(titles[key ?? ''] ?? 'serviceNotice')
}

/** The messages that the guest got in WeChat. */
export function MessagesScreen({ guest }: { guest: Guest }) {
  const { messages } = guest.state
  return (
    <>
      <h3 class="screen-title" tabIndex={-1}>
        {t('tabMessages')}
      </h3>
      {messages.length === 0 && <p class="empty">{t('noMessages')}</p>}
      <ul class="messages">
        {messages.map((message) => (
          <li class="message" key={message.messageId}>
            <MessageCard message={message} />
          </li>
        ))}
      </ul>
    </>
  )
}

function MessageCard({ message }: { message: Message }) {
  return (
    <>
      <p class="message-from">
        {t('serviceNotice')}
        <time>{shortClock(new Date(message.sentAt))}</time>
      </p>
      <strong>{messageTitle(message)}</strong>
      <Facts>
        {Object.entries(message.data).map(([key, { value }]) => (
          <Fact key={key} name={textOr(key, key)} lang="zh">
            {value}
          </Fact>
        ))}
      </Facts>
    </>
  )
}
