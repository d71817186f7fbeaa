import type { Consent } from '../api/types.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

/** How many more messages a user has consented to. */
export function ConsentRow({ consent: { openid, templateId, left } }: { consent: Consent }) {
  return <Row number={templateId} title={openid} facts={[t('left', { count: left })]} />
}
