import './row-body.css'
import { JsonView } from '../../kit/json-view.tsx'
import { Scrolled } from '../../kit/scrolled.tsx'
import { t } from '../text.ts'
import { orderOf, type Part, type Row, say } from './traffic.ts'

/** What a row's request and answer carried. */
export function RowBody({ row }: { row: Row }) {
  const { at, from, to, answered, parts = [] } = row
  const took = answered?.ms === undefined ? '' : `${answered.ms} ms`
  const requestId = answered?.requestId && t('requestId', { id: answered.requestId })
  return (
    <div class="row-body">
      <p class="row-when">{[at, `${t(from)} → ${t(to)}`, took, orderOf(row), requestId].filter(Boolean).join(' · ')}</p>
      {parts.filter(hasContent).map((part) => showPart(part, t('trafficSent')))}
      {answered?.parts?.map((part) => showPart(part, t('trafficAnswer')))}
    </div>
  )
}

function hasContent(part: Part): boolean {
  if (!('json' in part) || part.json === undefined) return true
  return Object.keys(part.json as object).length > 0
}

function showPart(part: Part, name: string) {
  if ('text' in part) return <p class="row-why">{say(part.text)}</p>
  if ('code' in part) return <Scrolled name={t('trafficOperation')}>{part.code}</Scrolled>
  return <JsonView name={name} value={part.json} />
}
