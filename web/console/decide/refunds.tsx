import { instant, money } from '../../kit/figures.ts'
import { Panel } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import { RefundActs } from '../acts/refund-acts.tsx'
import type { Waiting } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { Status } from '../parts/status.tsx'
import { t, textOr } from '../text.ts'
import { Case } from './case.tsx'

interface RefundsProps {
  stuck: Waiting['stuckRefunds']
  held: Waiting['heldPayments']
  by: By
  onDone: () => void
}

/** Refunds that don't reach the guest by themselves, and payments of which WeChat has refunded something unknown. */
export function Refunds({ stuck, held, by, onDone }: RefundsProps) {
  return (
    <>
      <Panel id="held" title={t('waiting.heldPayments')} count={held.length}>
        {held.length === 0 && <p class="empty">{t('noHeld')}</p>}
        <ul>
          {held.map((payment) => (
            <HeldCase key={payment.sn} payment={payment} by={by} onDone={onDone} />
          ))}
        </ul>
      </Panel>
      <Panel id="stuck" title={t('waiting.stuckRefunds')} count={stuck.length}>
        {stuck.length === 0 && <p class="empty">{t('noStuck')}</p>}
        <ul>
          {stuck.map((refund) => (
            <StuckCase key={refund.outRefundNo} refund={refund} by={by} onDone={onDone} />
          ))}
        </ul>
      </Panel>
    </>
  )
}

type Acting = Pick<RefundsProps, 'by' | 'onDone'>

function HeldCase({ payment, by, onDone }: Acting & { payment: RefundsProps['held'][number] }) {
  const { sn, orderSn, transactionId, heldAt } = payment
  return (
    <Case
      head={
        <>
          <NumberLink of={sn} />
          {heldAt && <time class="dim">{instant(heldAt)}</time>}
        </>
      }
      facts={[
        [t('order'), <NumberLink of={orderSn} />],
        [t('transaction'), transactionId && <NumberLink of={transactionId} />],
      ]}
    >
      <ActButton act="refundAdopt" values={{}} about={sn} by={by} onDone={onDone} />
    </Case>
  )
}

function StuckCase({ refund, by, onDone }: Acting & { refund: RefundsProps['stuck'][number] }) {
  const { outRefundNo, paymentSn, cause, status, refundTotalFen, tries, lastAnswer, nextTryAt } = refund
  return (
    <Case
      head={
        <>
          <NumberLink of={outRefundNo} />
          <Status of={status} />
          <time class="dim">{instant(refund.createdAt)}</time>
        </>
      }
      facts={[
        [t('money'), <b>{money(refundTotalFen)}</b>],
        [t('cause'), textOr(`cause.${cause}`, cause)],
        [t('payment'), <NumberLink of={paymentSn} />],
        [t('tries'), String(tries)],
        [t('nextTry'), nextTryAt && instant(nextTryAt)],
        [t('lastAnswer'), lastAnswer],
      ]}
    >
      <RefundActs outRefundNo={outRefundNo} status={status} by={by} onDone={onDone} />
    </Case>
  )
}
