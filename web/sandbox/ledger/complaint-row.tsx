import './complaint-row.css'
import { instant, money } from '../../kit/figures.ts'
import { ActButton } from '../acts/act-button.tsx'
import { complainMoreAct } from '../acts/money-acts.ts'
import type { Complaint } from '../api/types.ts'
import type { Stores } from '../stores.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

/** A complaint, and what was said and done about it. */
export function ComplaintRow({ complaint, stores }: { complaint: Complaint; stores: Stores }) {
  const { complaintId, outTradeNo, problemType, wantedFen, phone, state, history } = complaint
  return (
    <Row
      number={complaintId}
      title={t('ofOrder', { number: outTradeNo })}
      state={{ of: state, in: 'complaint' }}
      facts={[t(`choice.${problemType}`), wantedFen !== undefined && t('wants', { money: money(wantedFen) }), phone]}
      buttons={<ActButton act={complainMoreAct(complaint)} stores={stores} />}
    >
      <ol class="history">
        {history.map(({ logId, operator, at, type, text }) => (
          <li key={logId}>
            <span class="dim">
              {instant(at)} {t(operator === '商家' ? 'merchant' : 'buyer')}
            </span>{' '}
            {text === '' ? type : text}
          </li>
        ))}
      </ol>
    </Row>
  )
}
