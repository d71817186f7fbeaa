import { Fact, Facts } from '../../kit/facts.tsx'
import { instant } from '../../kit/figures.ts'
import { Scrolled } from '../../kit/scrolled.tsx'
import type { RecordedRequest } from '../api/types.ts'
import { t } from '../text.ts'

/** All that was sent, without secrets. */
export function RequestDetails({ request }: { request: RecordedRequest }) {
  const { at, requestId, method, target, headers, body } = request
  return (
    <div class="request-details">
      <Facts>
        <Fact name={t('sentAt')}>{instant(at)}</Fact>
        <Fact name="Request-ID">
          <code>{requestId}</code>
        </Fact>
      </Facts>
      <Scrolled name={t('headers')}>
        {[`${method} ${target}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\n')}
      </Scrolled>
      {body !== undefined && <Scrolled name={t('body')}>{indented(body)}</Scrolled>}
    </div>
  )
}

/** As it was sent where it is no JSON, or was cut. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2)
  } catch {
    return body
  }
}
