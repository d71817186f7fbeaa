import './booking.css'
import { ActionButton } from '../../kit/action-button.tsx'
import { Fact, Facts } from '../../kit/facts.tsx'
import { yuan } from '../../kit/format.ts'
import { Switch } from '../../kit/switch.tsx'
import type { Night } from '../api/types.ts'
import { homestayText, isOurHosts } from '../demo-text.ts'
import { FailureOf } from '../failure.tsx'
import { t } from '../text.ts'
import { type Booking, mostNights, priceOf } from './booking.ts'
import { Calendar } from './calendar.tsx'
import { Cover } from './cover.tsx'
import type { Guest } from './guest.ts'
import { Stepper } from './stepper.tsx'

interface BookingProps {
  guest: Guest
  booking: Booking
}

/** Nights, people and meals of a booking. */
export function BookingScreen({ guest, booking }: BookingProps) {
  const { homestay, offered, arrival } = booking
  const { title, subTitle } = homestayText(homestay)
  const submit = (event: Event) => {
    event.preventDefault()
    void guest.book()
  }
  return (
    <>
      <Cover id={homestay.id} />
      <form class="booking" onSubmit={submit}>
        <h3 class="screen-title" tabIndex={-1}>
          {title}
        </h3>
        <p class="dim">{`${subTitle} · ${t('sleeps', { count: homestay.peopleNum })}`}</p>
        {!isOurHosts(homestay) && <p class="aside">{t('otherHostWhy')}</p>}
        {offered && arrival === '' && <p class="empty">{t('fullyBooked')}</p>}
        {offered && arrival !== '' && <Stay guest={guest} booking={{ ...booking, offered }} />}
        <FailureOf failure={guest.state.failure} />
        {arrival !== '' && <BookingEnd guest={guest} booking={booking} />}
      </form>
    </>
  )
}

/** What there is to choose, and its price; all of it is chosen already as most guests want it. */
function Stay({ guest, booking }: { guest: Guest; booking: Booking & { offered: readonly Night[] } }) {
  const { offered, arrival, nights, people, homestay } = booking
  return (
    <>
      <Calendar {...{ offered, arrival, nights }} onArrival={(day) => guest.changeBooking({ arrival: day })} />
      <Stepper
        name="nights"
        label={t('nights')}
        unit={t('nightWord')}
        value={nights}
        most={mostNights(booking)}
        onValue={(value) => guest.changeBooking({ nights: value })}
      />
      <Stepper
        name="people"
        label={t('people')}
        unit={t('personWord')}
        value={people}
        most={homestay.peopleNum}
        onValue={(value) => guest.changeBooking({ people: value })}
      />
      <FoodSwitch guest={guest} booking={booking} />
      <Prices booking={booking} />
    </>
  )
}

function FoodSwitch({ guest, booking }: BookingProps) {
  return (
    <label class="field">
      <span>
        {t('food')}
        <small>{` ${yuan(booking.homestay.foodPrice)}${t('perPersonNight')}`}</small>
      </span>
      <Switch id="food" isOn={booking.food} onChange={(food) => guest.changeBooking({ food })} />
    </label>
  )
}

function Prices({ booking }: { booking: Booking }) {
  const { stayFen, mealsFen } = priceOf(booking)
  return (
    <Facts>
      <Fact name={t('roomPrice')}>{yuan(stayFen)}</Fact>
      {mealsFen > 0 && <Fact name={t('foodPrice')}>{yuan(mealsFen)}</Fact>}
    </Facts>
  )
}

/** What it costs in all, and the tap that books: in sight however far the screen is scrolled. */
function BookingEnd({ guest, booking }: BookingProps) {
  return (
    <div class="booking-end">
      <p>
        {t('total')} <b>{yuan(priceOf(booking).totalFen)}</b>
      </p>
      <ActionButton id="book" kind="seal" text={t('book')} isBusy={guest.state.isBusy} />
    </div>
  )
}
