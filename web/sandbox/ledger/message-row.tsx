import { Fact, Facts } from '../../kit/facts.tsx'
import { instant } from '../../kit/figures.ts'
import type { Message } from '../api/types.ts'
import { t } from '../text.ts'
import { Row } from './row.tsx'

/** A subscribe message, as it arrived on a phone. */
export function MessageRow({ message: { openid, templateId, page, data, sentAt } }: { message: Message }) {
  return (
    <Row number={templateId} title={t('payer', { openid })} facts={[instant(sentAt), page]}>
      <Facts>
        {Object.entries(data).map(([name, { value }]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Row>
  )
}
