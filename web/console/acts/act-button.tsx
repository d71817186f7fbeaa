import { Button } from '../../kit/parts/button.tsx'
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
  /** Where it isn't the act's own. */
  text?: string
}

/** Asks for an act. */
export function ActButton({ by, text, ...asked }: ActButtonProps) {
  return (
    <Button
      text={text ?? t(`act.${asked.act}`)}
      about={asked.about}
      kind={ACTS[asked.act].isDangerous ? 'risky' : 'plain'}
      reason={by.canAct ? undefined : t('viewerActs')}
      onClick={() => by.acts.ask(asked)}
    />
  )
}
