import './board-screen.css'
import { useEffect } from 'preact/hooks'
import { timeOf } from '../../kit/figures.ts'
import { Mark } from '../../kit/parts/mark.tsx'
import { ViewHead } from '../../kit/parts/panel.tsx'
import { ViewOf } from '../parts/view-of.tsx'
import { t } from '../text.ts'
import { Answers } from './answers.tsx'
import type { BoardView } from './board.ts'
import { Plots } from './plots.tsx'
import { Tiles } from './tiles.tsx'
import { WaitingCounts } from './waiting-counts.tsx'
import { Workers } from './workers.tsx'

/** What goes on now, and what went on in the last hours and days. */
export function BoardScreen({ board }: { board: BoardView }) {
  useEffect(() => board.open(), [board])
  const { isLive } = board.state
  const at = board.now.state.value?.at
  return (
    <div class="board">
      <ViewHead title={t('view.board')}>
        <p class="board-live" role="status">
          <Mark text={t(isLive ? 'live' : 'notLive')} tone={isLive ? 'good' : 'warn'} />
          {at !== undefined && <span class="dim">{t('asOf', { time: timeOf(at) })}</span>}
        </p>
      </ViewHead>
      <ViewOf of={board.now}>
        {(now) => (
          <>
            <Tiles board={now} />
            <div class="board-parts">
              <div class="board-main">
                <Plots board={board} />
                <Answers answers={now.wechatAnswers} />
              </div>
              <div class="board-side">
                <WaitingCounts waiting={now.waiting} />
                <Workers board={now} />
              </div>
            </div>
          </>
        )}
      </ViewOf>
    </div>
  )
}
