import './ticket.css'
import { useState } from 'preact/hooks'
import { spaced } from '../../kit/format.ts'
import { t } from '../text.ts'

/** A code's arrival is animated once. */
const shownCodes = new Set<string>()

interface TicketProps {
  tradeCode: string
  /** The guest shows it. */
  onCode: (code: string) => void
}

/** The entry code. */
export function Ticket({ tradeCode, onCode }: TicketProps) {
  const [isNew] = useState(() => !shownCodes.has(tradeCode))
  shownCodes.add(tradeCode)
  return (
    <button type="button" class={isNew ? 'ticket arriving' : 'ticket'} id="ticket" onClick={() => onCode(tradeCode)}>
      <span class="ticket-label">{t('codeLabel')}</span>
      <span class="ticket-code" id="trade-code">
        {spaced(tradeCode)}
      </span>
      <span class="ticket-hint">{t('showCode')}</span>
    </button>
  )
}
