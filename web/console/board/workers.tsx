import { ago } from '../../kit/figures.ts'
import { Mark } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Board } from '../api/types.ts'
import '../../kit/parts/table.css'
import { t } from '../text.ts'

/** A worker renews its row every two seconds; one that is silent for so long is missed by `/readyz`, too. */
const UNSEEN_MS = 30_000

/** The workers, and whether each was seen lately, by the server's clock. */
export function Workers({ board: { at, workers } }: { board: Board }) {
  const now = Date.parse(at)
  const living = workers.filter(({ lastSeenAt }) => now - Date.parse(lastSeenAt) < UNSEEN_MS)
  return (
    <Panel id="workers" title={t('workers')} count={living.length}>
      {living.length === 0 && <p class="failure">{t('noWorker')}</p>}
      <table class="table">
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id}>
              <th scope="row" class="number">
                {worker.id}
              </th>
              <td class="right">
                <Mark text={ago(worker.lastSeenAt, now)} tone={living.includes(worker) ? 'good' : 'bad'} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
