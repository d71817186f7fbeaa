import { useState } from 'preact/hooks'
import { Button } from '../../kit/parts/button.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import { call } from '../api/call.ts'
import type { Clock } from '../api/types.ts'
import { FailureOf } from '../parts/failure.tsx'
import { t } from '../text.ts'
import { useAct } from './act.ts'
import { aheadAt, aheadAtBills, partsOf } from './offset.ts'

/** So much is worth a click: a notice's repeat, an order's end, a prepay_id's, a day. */
const STEPS = { minute: 60, halfHour: 1800, twoHours: 7200, day: 86_400 } as const

interface TimePanelProps {
  clock: Clock
  onChange: () => Promise<void>
}

/** What time it is in the sandbox, and what moves it. */
export function TimePanel({ clock, onChange }: TimePanelProps) {
  const act = useAct()
  const [china, setChina] = useState('')
  const move = (aheadSeconds: number) =>
    act.run(async () => {
      await call('POST /sandbox/clock', { aheadSeconds })
      await onChange()
    })
  const set = (event: Event) => {
    event.preventDefault()
    const ahead = aheadAt(clock, china)
    if (ahead !== undefined) move(ahead)
  }
  const steps = Object.entries(STEPS) as [keyof typeof STEPS, number][]
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
        {steps.map(([name, seconds]) => (
          <Button
            key={name}
            id={`step-${name}`}
            text={t(`step.${name}`)}
            isBusy={act.isBusy}
            onClick={() => move(clock.aheadSeconds + seconds)}
          />
        ))}
        <Button id="step-bills" text={t('step.bills')} isBusy={act.isBusy} onClick={() => move(aheadAtBills(clock))} />
      </div>
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
        <Button id="set-time" text={t('timeSet')} isBusy={act.isBusy} />
        {clock.aheadSeconds !== 0 && (
          <Button id="real-time" text={t('timeReal')} isBusy={act.isBusy} onClick={() => move(0)} />
        )}
      </form>
      {act.failure && <FailureOf failure={act.failure} />}
    </Panel>
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
