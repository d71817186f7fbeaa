import { useEffect, useState } from 'preact/hooks'
import { countdown } from '../../kit/format.ts'
import type { Order } from '../api/types.ts'
import { type TextKey, t } from '../text.ts'
import { Cover } from './cover.tsx'

interface OrderHeadProps {
  order: Order
  /** Paid as far as the phone or the server knows, whatever its state says yet. */
  isPaid: boolean
}

/** An order's state, and what is still to come. */
export function OrderHead({ order, isPaid }: OrderHeadProps) {
  const { tradeState, payment, payBefore, homestayId } = order
  const waits = tradeState === 'WAIT_PAY'
  const isUnderReview = payment?.underReview === true
  const isConfirming = waits && isPaid && !isUnderReview
  const title: TextKey = isUnderReview ? 'underReview' : isConfirming ? 'confirming' : tradeState
  return (
    <div class="order-head">
      <Cover id={homestayId} />
      <h3 id="order-state" tabIndex={-1}>
        {t(title)}
      </h3>
      {waits && !isPaid && <Deadline until={payBefore} />}
      {isConfirming && <span class="spinner" aria-hidden="true" />}
    </div>
  )
}

/** How long the order may still be paid. */
function Deadline({ until }: { until: string }) {
  const [, tick] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => tick((times) => times + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  const [before = '', after = ''] = t('payWithin', { time: '\n' }).split('\n')
  return (
    <p class="deadline">
      {before}
      <b>{countdown(until)}</b>
      {after}
    </p>
  )
}
