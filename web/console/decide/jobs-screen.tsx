import { useEffect } from 'preact/hooks'
import { instant } from '../../kit/figures.ts'
import { Button } from '../../kit/parts/button.tsx'
import { Mark } from '../../kit/parts/mark.tsx'
import { Panel, ViewHead } from '../../kit/parts/panel.tsx'
import { ActButton, type By } from '../acts/act-button.tsx'
import type { Waiting } from '../api/types.ts'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import { Case } from './case.tsx'
import type { Decide } from './decide.ts'
import { ViewerNote } from './viewer-note.tsx'

/** Jobs that no retry could help. */
export function JobsScreen({ decide, by }: { decide: Decide; by: By }) {
  useEffect(decide.load, [decide])
  return (
    <div class="decide">
      <ViewHead title={t('view.jobs')}>
        <a class="button" id="dashboard" href="jobs/queues" target="_blank" rel="noreferrer">
          {t('dashboard')}
        </a>
        <Button id="reload" text={t('reload')} isBusy={decide.waiting.state.isLoading} onClick={decide.load} />
      </ViewHead>
      <ViewerNote by={by} />
      <ViewOf of={decide.waiting}>{({ deadJobs }) => <DeadJobs jobs={deadJobs} by={by} onDone={decide.load} />}</ViewOf>
    </div>
  )
}

function DeadJobs({ jobs, by, onDone }: { jobs: Waiting['deadJobs']; by: By; onDone: () => void }) {
  const all = { values: { ids: jobs.map(({ id }) => id) }, about: t('allOf', { count: jobs.length }), by, onDone }
  const aside = jobs.length > 1 && <ActButton act="jobReplay" text={t('replayAll')} {...all} />
  return (
    <Panel id="dead" title={t('waiting.deadJobs')} count={jobs.length} aside={aside}>
      {jobs.length === 0 && <p class="empty">{t('noDead')}</p>}
      <ul>
        {jobs.map(({ id, job, data, deadSince, retries, holdsUpMoney }) => {
          const about = { values: { ids: [id] }, about: job, by, onDone }
          return (
            <Case
              key={id}
              head={
                <>
                  <b class="number">{job}</b>
                  {holdsUpMoney && <Mark text={t('holdsUpMoney')} tone="bad" />}
                  <time class="dim">{instant(deadSince)}</time>
                </>
              }
              facts={[
                [t('data'), <span class="number">{data}</span>],
                [t('retries'), String(retries)],
                [t('id'), <span class="number">{id}</span>],
              ]}
            >
              <ActButton act="jobReplay" {...about} />
              <ActButton act="jobDrop" {...about} />
            </Case>
          )
        })}
      </ul>
    </Panel>
  )
}
