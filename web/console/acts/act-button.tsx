import { Button } from '../parts/button.tsx'
import { t } from '../text.ts'
import type { Acts, Asked } from './acts.ts'
import { ACTS } from './table.ts'

/** Who would do it. */
export interface By {
  acts: Acts
  /** A viewer sees what could be done, and does nothing. */
  canAct: boolean
}

interface ActButtonProps extends Asked {
  by: By
}

/** Asks for an act. */
export function ActButton({ by, ...asked }: ActButtonProps) {
  return (
    <Button
      text={t(`act.${asked.act}`)}
      kind={ACTS[asked.act].isDangerous ? 'risky' : 'plain'}
      reason={by.canAct ? undefined : t('viewerActs')}
      onClick={() => by.acts.ask(asked)}
    />
  )
}
