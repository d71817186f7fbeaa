import './order-messages.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { Fact, Facts } from '../../kit/facts.tsx'
import type { Order, OrderMessage } from '../api/types.ts'
import { t, textOr } from '../text.ts'
import type { Guest } from './guest.ts'
import { isOnItsWay } from './message-states.ts'

const TITLES = { ORDER_PAID: 'messagePaid', CHECK_IN: 'messageCheckIn', REFUNDED: 'messageRefunded' } as const

/** What a kind of message is called on a phone. */
export function titleOf(kind: OrderMessage['kind']): string {
  return t(TITLES[kind])
}

interface OrderMessagesProps {
  guest: Guest
  order: Order
  /** Whether there is a phone that can ask. */
  canAsk: boolean
}

/** Where the messages of an order stand; one that was refused can be asked for again. */
export function OrderMessages({ guest, order, canAsk }: OrderMessagesProps) {
  const shown = order.messages.filter(
    (message) => message.status === 'SENT' || message.status === 'REFUSED' || isOnItsWay(order, message),
  )
  if (shown.length === 0) return null
  const isRefused = shown.some(({ status }) => status === 'REFUSED')
  return (
    <div class="order-messages">
      <p class="dim">{t('messagesOfOrder')}</p>
      <Facts>
        {shown.map(({ kind, status }) => (
          <Fact key={kind} name={titleOf(kind)}>
            <span id={`message-${kind}`} class={`message-${status}`}>
              {textOr(`message${status}`, status)}
            </span>
          </Fact>
        ))}
      </Facts>
      {isRefused && canAsk && (
        <ActionButton
          id="ask-again"
          kind="plain"
          text={t('askAgain')}
          isBusy={guest.state.isBusy}
          onClick={() => guest.askForMessages()}
        />
      )}
    </div>
  )
}
