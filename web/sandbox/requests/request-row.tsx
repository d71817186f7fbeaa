import '../parts/opener.css'
import { useState } from 'preact/hooks'
import { exactTime, instant } from '../../kit/figures.ts'
import { Mark, type Tone } from '../../kit/parts/mark.tsx'
import type { RecordedRequest, RefusalReason } from '../api/types.ts'
import { t, textOr } from '../text.ts'
import { RequestDetails } from './request-details.tsx'

/** One request: what it was, what became of it, and, opened, all that was sent. */
export function RequestRow({ request }: { request: RecordedRequest }) {
  const [isOpen, setOpen] = useState(false)
  const { at, method, target, endpoint, status, fault, refusal } = request
  return (
    <li class="request" data-path={pathOf(target)}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class="opener">
          <time dateTime={at} title={instant(at)}>
            {exactTime(at)}
          </time>
          <Mark text={status === undefined ? t('noAnswer') : String(status)} tone={toneOf(request)} />
          <span class="request-what">
            <b>{endpoint ? t(`endpoint.${endpoint}`) : isOwn(target) ? t('ownAbility') : t('otherCall')}</b>{' '}
            <span class="number">
              {method} {pathOf(target)}
            </span>
          </span>
          {fault && <Mark text={t('hitBy', { fault: textOr(`kind.${fault}`, fault) })} tone="warn" />}
        </summary>
        {isOpen && <RequestDetails request={request} />}
      </details>
      {refusal && <Refusal refusal={refusal} />}
    </li>
  )
}

/** Which field broke which rule, and where WeChat describes it. */
function Refusal({ refusal: { code, message, field, rule, document } }: { refusal: RefusalReason }) {
  return (
    <p class="refusal">
      <code class="refusal-code">{code}</code> {field && <code class="refusal-field">{field}</code>}{' '}
      <span class="refusal-rule" lang="en">
        {rule}
      </span>
      {message !== rule && (
        <span class="dim refusal-message" lang={/\p{Script=Han}/u.test(message) ? 'zh-CN' : 'en'}>
          {message}
        </span>
      )}
      {document && (
        <a class="refusal-document" href={document} target="_blank" rel="noreferrer">
          {t('document')}
        </a>
      )}
    </p>
  )
}

/** The mini-program's API refuses with 200 too. */
function toneOf({ status, refusal }: RecordedRequest): Tone {
  if (status === undefined || status >= 500) return 'bad'
  return status >= 400 || refusal ? 'warn' : 'good'
}

/** Without the query, which is among the details. */
function pathOf(target: string): string {
  return target.replace(/\?.*/s, '')
}

function isOwn(target: string): boolean {
  return target.startsWith('/sandbox/')
}
