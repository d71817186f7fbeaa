import { Button } from '../../kit/parts/button.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Fault } from '../api/types.ts'
import { t } from '../text.ts'
import type { FaultForm } from './form.ts'

/** What will go wrong next, by where; the oldest that fits a call hits it. */
export function ArmedFaults({ faults, form }: { faults: Fault[]; form: FaultForm }) {
  const byEndpoint = Map.groupBy(faults, ({ endpoint }) => endpoint)
  const { isBusy } = form.state
  const all = faults.length > 0 && (
    <Button id="clear-all" text={t('clearAll')} isBusy={isBusy} onClick={() => void form.clear()} />
  )
  return (
    <Panel id="armed" title={t('armedFaults')} count={faults.length} aside={all}>
      {faults.length === 0 && <p class="empty">{t('noFaults')}</p>}
      {[...byEndpoint].map(([endpoint, its]) => (
        <section key={endpoint} class="armed" data-endpoint={endpoint}>
          <div class="armed-head">
            <h3>{t(`endpoint.${endpoint}`)}</h3>
            <Button
              text={t('clear')}
              about={t(`endpoint.${endpoint}`)}
              isBusy={isBusy}
              onClick={() => void form.clear(endpoint)}
            />
          </div>
          <ol>
            {its.map((fault, index) => (
              <li key={index} data-kind={fault.kind}>
                <strong>{t(`kind.${fault.kind}`)}</strong>
                <span>{howOften(fault)}</span>
                {specialsOf(fault).map((special) => (
                  <span key={special} class="dim">
                    {special}
                  </span>
                ))}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </Panel>
  )
}

function howOften({ times, percent }: Fault): string {
  const share = percent === undefined ? '' : t('hitsPercent', { percent })
  return `${times === undefined ? t('hitsAlways') : times === 1 ? t('hitsOnce') : t('hitsTimes', { times })}${share}`
}

/** What else was said about it. */
function specialsOf({ code, errcode, delayMs, copies, amountFen, match }: Fault): string[] {
  return [
    code,
    errcode === undefined ? undefined : `errcode ${errcode}`,
    delayMs === undefined ? undefined : t('ofDelay', { delayMs }),
    copies === undefined ? undefined : t('ofCopies', { copies }),
    amountFen === undefined ? undefined : t('ofAmount', { amountFen }),
    match === undefined ? undefined : t('ofMatch', { match }),
  ].filter((special) => special !== undefined)
}
