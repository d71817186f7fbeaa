import '../decide/decide-screen.css'
import './check-screen.css'
import { useEffect } from 'preact/hooks'
import { timeOf } from '../../kit/figures.ts'
import { locale } from '../../kit/language.ts'
import { Button } from '../../kit/parts/button.tsx'
import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import { Panel, ViewHead } from '../../kit/parts/panel.tsx'
import type { Examination, Finding } from '../api/types.ts'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import type { CheckView } from './check.ts'

const TONES: Record<Finding['result'], Tone> = { OK: 'good', WRONG: 'bad', SKIPPED: 'quiet' }

/** What the doctor finds, checked anew whenever the view opens, and when somebody wants it. */
export function CheckScreen({ check }: { check: CheckView }) {
  // The server says it in the language that the page has when it asks.
  useEffect(() => check.open(), [check, locale()])
  const { value, isLoading } = check.state
  return (
    <div class="decide">
      <ViewHead title={t('view.check')}>
        <div class="check-end">
          <Summary examination={value} isRunning={isLoading} />
          <Button id="check-again" text={t('checkAgain')} isBusy={isLoading} onClick={() => void check.reload()} />
        </div>
      </ViewHead>
      <p class="dim">{t('checkHow')}</p>
      <ViewOf of={check}>{({ findings }) => <Findings findings={findings} />}</ViewOf>
    </div>
  )
}

function Summary({ examination, isRunning }: { examination: Examination | undefined; isRunning: boolean }) {
  const wrong = examination?.findings.filter(({ result }) => result === 'WRONG').length ?? 0
  const end = examination?.endedAt
  return (
    <p class="check-end" id="check-summary" role="status">
      {isRunning && <Mark text={t('checking')} tone="quiet" />}
      {wrong > 0 && <Mark text={t('toMend', { count: wrong })} tone="bad" />}
      {wrong === 0 && end && <Mark text={t('nothingWrong')} tone="good" />}
      {end && <span class="dim">{t('asOf', { time: timeOf(end) })}</span>}
    </p>
  )
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <Panel id="findings" title={t('findings')} count={findings.length}>
      <ul class="findings">
        {findings.map(({ check, result, detail, remedy }) => (
          <li key={check}>
            <Mark text={t(`finding.${result}`)} tone={TONES[result]} />
            <b>{check}</b>
            <div class="finding-said">
              <p class={result === 'SKIPPED' ? 'dim' : ''}>{detail}</p>
              {remedy && <p class="finding-remedy">{remedy}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
