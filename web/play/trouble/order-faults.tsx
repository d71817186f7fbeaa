import type { Order } from '../api/types.ts'
import type { Guest } from '../guest/guest.ts'
import { isPaidOnPhone } from '../guest/state.ts'
import { t } from '../text.ts'
import type { Words } from '../traffic/traffic.ts'
import type { Trouble } from './trouble.ts'

/** What can be done to the order that the phone shows. */
export function OrderFaults({ trouble, guest }: { trouble: Trouble; guest: Guest }) {
  const { order, isBusy } = guest.state
  const button = (id: FaultButtonProps['id'], isPossible: boolean, work: (order: Order) => Promise<Words>) => {
    const make = () => order && void trouble.make(order.sn, () => work(order))
    return <FaultButton id={id} isPossible={isPossible} isBusy={isBusy} onClick={make} />
  }
  return (
    <div class="trouble-buttons">
      {button('payAgain', order?.payment?.status === 'SUCCESS', guest.payAgain)}
      {button('bankLate', canBeLate(guest), guest.payLate)}
      {guest.hasAbnormalRefund() && button('refundElsewhere', true, guest.refundElsewhere)}
    </div>
  )
}

/** Whether the order's sheet was opened, and nothing paid yet. */
function canBeLate({ state }: Guest): boolean {
  const { order } = state
  const isOpen = order?.payment?.status === 'PENDING' || order?.payment?.status === 'CLOSED'
  return isOpen && !isPaidOnPhone(state, order) && ['WAIT_PAY', 'CANCELLED'].includes(order?.tradeState ?? '')
}

interface FaultButtonProps {
  id: 'payAgain' | 'bankLate' | 'refundElsewhere'
  isPossible: boolean
  isBusy: boolean
  onClick: () => void
}

function FaultButton({ id, isPossible, isBusy, onClick }: FaultButtonProps) {
  return (
    <button
      type="button"
      id={id}
      class="trouble-button"
      disabled={!isPossible}
      aria-disabled={isBusy ? 'true' : undefined}
      onClick={onClick}
    >
      <strong>{t(id)}</strong>
      <span>{t(`${id}Why`)}</span>
    </button>
  )
}
