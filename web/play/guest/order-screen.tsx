import './order.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { Fact, Facts } from '../../kit/facts.tsx'
import { yuan } from '../../kit/format.ts'
import type { Order } from '../api/types.ts'
import { homestayText } from '../demo-text.ts'
import { FailureOf } from '../failure.tsx'
import { guestsLine, stayOf } from '../stay-lines.ts'
import { t } from '../text.ts'
import type { Guest } from './guest.ts'
import { LivePill } from './live-pill.tsx'
import { OrderHead } from './order-head.tsx'
import { OrderMessages } from './order-messages.tsx'
import { isPaidOnPhone } from './state.ts'
import { endOf } from './story.ts'
import { Ticket } from './ticket.tsx'

interface OrderProps {
  guest: Guest
  order: Order
  refundFault: () => boolean
}

interface OrderScreenProps extends OrderProps {
  isSandbox: boolean
  onCode: (code: string) => void
}

/** An order, from its payment to its end. */
export function OrderScreen({ guest, order, isSandbox, onCode, refundFault }: OrderScreenProps) {
  const { tradeState, tradeCode } = order
  const isUnderReview = order.payment?.underReview === true
  const isPaid = isUnderReview || isPaidOnPhone(guest.state, order)
  const end = isUnderReview ? undefined : endOf(order)
  return (
    <>
      <OrderHead order={order} isPaid={isPaid} />
      <div class="order-body">
        <LivePill state={guest.state} payment={order.payment} />
        {isUnderReview && (
          <p class="aside" id="under-review">
            {t('underReviewHint')}
          </p>
        )}
        {end !== undefined && (
          <p class="aside" id="story">
            {end}
          </p>
        )}
        {tradeCode && <Ticket tradeCode={tradeCode} onCode={onCode} />}
        <FailureOf failure={guest.state.failure} />
        {!isSandbox && tradeState === 'WAIT_PAY' && <p class="aside">{t('realWechat')}</p>}
        <OrderFacts order={order} />
        <OrderMessages guest={guest} order={order} canAsk={isSandbox} />
        <OrderActions guest={guest} order={order} refundFault={refundFault} isPaid={isPaid} />
      </div>
    </>
  )
}

function OrderFacts({ order }: { order: Order }) {
  const { sn, livePeopleNum, needFood, orderTotalPrice, payment } = order
  const people = [guestsLine(livePeopleNum), needFood && t('withFood')].filter(Boolean)
  return (
    <>
      <p class="order-title">
        <strong>{homestayText(order).title}</strong>
        <span class="dim">{`${stayOf(order)} · ${people.join(' · ')}`}</span>
      </p>
      <Facts>
        <Fact name={t('total')}>{yuan(orderTotalPrice)}</Fact>
        {payment?.payerTotal ? <Fact name={t('paidAmount')}>{yuan(payment.payerTotal)}</Fact> : null}
        {payment && payment.refundedTotal > 0 && <Fact name={t('refundedAmount')}>{yuan(payment.refundedTotal)}</Fact>}
        <Fact name={t('orderNumber')}>
          <code>{sn}</code>
        </Fact>
      </Facts>
    </>
  )
}

function OrderActions({ guest, order, refundFault, isPaid }: OrderProps & { isPaid: boolean }) {
  const { isBusy } = guest.state
  const { tradeState, orderTotalPrice } = order
  if (tradeState === 'REFUNDING' || (tradeState === 'WAIT_PAY' && isPaid)) return null
  if (tradeState === 'WAIT_PAY') {
    const pay = `${t('pay')} ${yuan(orderTotalPrice)}`
    return (
      <>
        <ActionButton id="pay" kind="wechat" text={pay} isBusy={isBusy} onClick={() => void guest.pay()} />
        <ActionButton id="cancel" kind="plain" text={t('cancel')} isBusy={isBusy} onClick={() => void guest.cancel()} />
      </>
    )
  }
  if (tradeState === 'WAIT_USE')
    return (
      <ActionButton
        id="refund"
        kind="plain"
        text={t('refund')}
        isBusy={isBusy}
        onClick={() => void guest.refund(refundFault())}
      />
    )
  const bookAnother = () => guest.showTab('stays')
  return <ActionButton id="another" kind="plain" text={t('anotherStay')} isBusy={isBusy} onClick={bookAnother} />
}
