import { ActButton, type By } from './act-button.tsx'

interface RefundActsProps {
  outRefundNo: string
  status: string
  by: By
  onDone: () => void
}

/** What can be done about a refund that isn't at its end. */
export function RefundActs({ outRefundNo, status, by, onDone }: RefundActsProps) {
  const about = { values: { number: outRefundNo }, about: outRefundNo, by, onDone }
  return (
    <>
      <ActButton act="refundRetry" {...about} />
      {status === 'ABNORMAL' && <ActButton act="refundAbnormal" {...about} />}
      {status === 'ABNORMAL' && <ActButton act="refundAbnormalCard" {...about} />}
    </>
  )
}
