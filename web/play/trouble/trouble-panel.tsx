import './trouble.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Guest } from '../guest/guest.ts'
import { Choices } from './choices.tsx'
import { OrderFaults } from './order-faults.tsx'
import { OutageSwitches } from './outage-switches.tsx'
import { NOTICES, type NoticeChoice, REFUNDS, type Trouble } from './trouble.ts'

const NOTICE_NAMES = Object.keys(NOTICES) as NoticeChoice[]

/** Faults to try out, and what came of the last one. */
export function TroublePanel({ trouble, guest }: { trouble: Trouble; guest: Guest }) {
  const found = useRef<HTMLParagraphElement>(null)
  const { result, notice, refund } = trouble.state
  useLayoutEffect(() => {
    if (result) found.current?.scrollIntoView({ block: 'nearest' })
  }, [result])
  return (
    <div class="trouble">
      <Choices title="troubleNotice" names={NOTICE_NAMES} chosen={notice} onChoice={trouble.chooseNotice} />
      <Choices title="troubleRefund" names={REFUNDS} chosen={refund} onChoice={trouble.chooseRefund} />
      <OrderFaults trouble={trouble} guest={guest} />
      <p class="found" role="status" ref={found}>
        {trouble.resultOf(guest.state.order?.sn)}
      </p>
      <OutageSwitches outages={trouble.outages} />
    </div>
  )
}
