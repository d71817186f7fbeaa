import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import { call } from '../api/call.ts'
import type { Clock } from '../api/types.ts'
import { useWork } from '../live/work.ts'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import { aheadAt, aheadAtBills, partsOf } from './offset.ts'

/** So much is worth a click: a notice's repeat, an order's end, a prepay_id's, a day. */
const STEPS = [
  ['minute', 60],
  ['halfHour', 1800],
  ['twoHours', 7200],
  ['day', 86_400],
] as const

interface TimePanelProps {
  clock: Clock
  onChange: () => Promise<void>
}

/** What time it is in the sandbox, and what moves it. */
export function TimePanel({ clock, onChange }: TimePanelProps) {
  const work = useWork()
  const move: Move = (aheadSeconds) =>
    work.run(async () => {
      await call('POST /sandbox/clock', { aheadSeconds })
      await onChange()
    })
  return (
    <Panel id="time" title={t('time')}>
      <p class="time-now">
        <time dateTime={clock.now}>{clock.now.slice(0, 19).replace('T', ' ')}</time>
        <span class="dim" id="offset">
          {offsetText(clock.aheadSeconds)}
        </span>
      </p>
      <p class="dim time-how">{t('timeHow')}</p>
      <div class="row-buttons">
        {STEPS.map(([name, seconds]) => (
          <Button
            key={name}
            text={t(`step.${name}`)}
            isBusy={work.isBusy}
            onClick={() => move(clock.aheadSeconds + seconds)}
          />
        ))}
        <Button text={t('step.bills')} isBusy={work.isBusy} onClick={() => move(aheadAtBills(clock))} />
      </div>
      <TimeForm clock={clock} move={move} isBusy={work.isBusy} />
      {work.failure && <FailureOf failure={work.failure} />}
    </Panel>
  )
}

type Move = (aheadSeconds: number) => void

/** Sets it to any time, and back to the machine's. */
function TimeForm({ clock, move, isBusy }: { clock: Clock; move: Move; isBusy: boolean }) {
  const [china, setChina] = useState('')
  const set = (event: Event) => {
    event.preventDefault()
    const ahead = aheadAt(clock, china)
    if (ahead !== undefined) move(ahead)
  }
  return (
    <form class="time-form" onSubmit={set}>
      <div class="field">
        <label for="china">{t('timeAt')}</label>
        <input
          id="china"
          class="input"
          type="datetime-local"
          required
          value={china}
          onInput={(event) => setChina(event.currentTarget.value)}
        />
      </div>
      <Button text={t('timeSet')} isBusy={isBusy} />
      <Button text={t('timeReal')} isBusy={isBusy || clock.aheadSeconds === 0} onClick={() => move(0)} />
    </form>
  )
}

function offsetText(aheadSeconds: number): string {
  if (aheadSeconds === 0) return t('timeIsReal')
  const { days, hours, minutes, seconds } = partsOf(aheadSeconds)
  const parts = [
    days > 0 && t('days', { days }),
    hours > 0 && t('hours', { hours }),
    minutes > 0 && t('minutes', { minutes }),
    seconds > 0 && t('seconds', { seconds }),
  ].filter((part) => part !== false)
  return t(aheadSeconds > 0 ? 'timeAhead' : 'timeBehind', { by: parts.join(' ') })
}
