import './answers.css'
import { count } from '../../kit/figures.ts'
import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import { Panel } from '../../kit/parts/panel.tsx'
import type { Board } from '../api/types.ts'
import { t } from '../text.ts'

type Answer = Board['wechatAnswers'][number]

/** What WeChat has answered lately, by endpoint and code. */
export function Answers({ answers }: { answers: Board['wechatAnswers'] }) {
  return (
    <Panel id="answers" title={t('wechatAnswers')}>
      {answers.length === 0 ? (
        <p class="empty">{t('noAnswers')}</p>
      ) : (
        <ul class="answers">
          {answers.map((answer) => (
            <li key={`${answer.endpoint} ${answer.status} ${answer.code}`}>
              <span class="number">{answer.endpoint}</span>
              <Mark text={codeOf(answer)} tone={toneOf(answer)} />
              <b>{t('times', { count: count(answer.count) })}</b>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

/** WeChat's code of an error, else the status; a call without an answer says so. */
function codeOf({ status, code }: Answer): string {
  return [status, code].filter((each) => each !== null && each !== '').join(' ') || t('noAnswer')
}

function toneOf({ status }: Answer): Tone {
  if (status === null || status >= 500) return 'bad'
  return status >= 400 ? 'warn' : 'good'
}
