import './stays.css'
import { yuan } from '../../kit/format.ts'
import type { Homestay } from '../api/types.ts'
import { homestayText, isOurHosts } from '../demo-text.ts'
import { FailureOf } from '../failure.tsx'
import { t } from '../text.ts'
import { Cover } from './cover.tsx'
import type { Guest } from './guest.ts'

/** The homestays, those of the host at this page's counter first. */
export function StaysScreen({ guest }: { guest: Guest }) {
  const { homestays, failure } = guest.state
  const sorted = [...homestays.filter(isOurHosts), ...homestays.filter((homestay) => !isOurHosts(homestay))]
  return (
    <>
      <h3 class="screen-title" tabIndex={-1}>
        {t('chooseStay')}
      </h3>
      <FailureOf failure={failure} />
      <ul class="stays">
        {sorted.map((homestay) => (
          <li key={homestay.id}>
            <StayCard homestay={homestay} onChoice={() => void guest.choose(homestay)} />
          </li>
        ))}
      </ul>
    </>
  )
}

function StayCard({ homestay, onChoice }: { homestay: Homestay; onChoice: () => void }) {
  const { id, homestayPrice, marketHomestayPrice, pricedBy } = homestay
  const { title, subTitle } = homestayText(homestay)
  return (
    <button type="button" class="stay" id={`stay-${id}`} onClick={onChoice}>
      <Cover id={id} />
      <span class="stay-text">
        <strong>{title}</strong>
        <span class="stay-sub">{subTitle}</span>
        <span class="stay-price">
          <b>{yuan(homestayPrice)}</b>
          {t(pricedBy === 'NIGHT' ? 'perNight' : 'perPersonNight')} <s>{yuan(marketHomestayPrice)}</s>
          {!isOurHosts(homestay) && <span class="stay-other">{t('otherHost')}</span>}
        </span>
      </span>
    </button>
  )
}
