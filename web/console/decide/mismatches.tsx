import { instant, money } from '../../kit/figures.ts'
import { Mark } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { Mismatch } from '../api/types.ts'
import { NumberLink } from '../parts/number-link.tsx'
import { Status } from '../parts/status.tsx'
import { t, textOr } from '../text.ts'
import { Case } from './case.tsx'

interface MismatchesProps {
  mismatches: readonly Mismatch[]
  by: By
  onDone: () => void
}

const acts = { ACCEPT: 'reviewAccept', REFUND: 'reviewRefund', DISMISS: 'reviewDismiss' } as const

/** Verified reports of WeChat's that don't fit our books. */
export function Mismatches({ mismatches, ...rest }: MismatchesProps) {
  return (
    <Panel id="mismatches" title={t('waiting.mismatches')} count={mismatches.length}>
      {mismatches.length === 0 ? (
        <p class="empty">{t('noMismatches')}</p>
      ) : (
        <ul>
          {mismatches.map((mismatch) => (
            <MismatchCase key={mismatch.id} mismatch={mismatch} {...rest} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function MismatchCase({ mismatch, by, onDone }: Omit<MismatchesProps, 'mismatches'> & { mismatch: Mismatch }) {
  const { id, subject, kind, number, createdAt, reportedFen, payTotalFen, resolution, decisions } = mismatch
  const doesDiffer = reportedFen !== null && payTotalFen !== null && reportedFen !== payTotalFen
  return (
    <Case
      head={
        <>
          <b>{textOr(`mismatch.${subject}.${kind}`, `${subject} ${kind}`)}</b>
          {resolution && <Mark text={t('decidedNotDone', { resolution })} tone="warn" />}
          <time class="dim">{instant(createdAt)}</time>
        </>
      }
      facts={[
        [t('number'), <NumberLink of={number} />],
        [t('weChatReports'), reportedFen !== null && <b class={doesDiffer ? 'bad' : ''}>{money(reportedFen)}</b>],
        [t('booksSay'), payTotalFen !== null && money(payTotalFen)],
        [t('payment'), mismatch.paymentStatus && <Status of={mismatch.paymentStatus} />],
        [t('order'), mismatch.orderSn && <NumberLink of={mismatch.orderSn} />],
        [t('transaction'), mismatch.transactionId && <NumberLink of={mismatch.transactionId} />],
      ]}
    >
      {decisions.map((decision) => {
        const act = acts[decision]
        return <ActButton key={act} act={act} values={{ id }} about={number} by={by} onDone={onDone} />
      })}
    </Case>
  )
}
