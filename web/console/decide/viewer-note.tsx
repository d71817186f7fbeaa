import '../../kit/notes.css'
import type { By } from '../acts/act-button.tsx'
import { t } from '../text.ts'

/** Why nothing here can be pressed, for those who see alone. */
export function ViewerNote({ by }: { by: By }) {
  return by.canAct ? null : <p class="aside">{t('viewerActs')}</p>
}
