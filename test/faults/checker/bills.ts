import { formatDay } from '../../../src/infra/shanghai.ts'
import type { Evidence } from '../evidence.ts'
import type { Violation } from './indexed.ts'

/** WeChat’s bills have come to their end, and say nothing that a person must decide. */
export function checkBills({ billDays, undecided }: Evidence): Violation[] {
  return [
    ...billDays
      .filter(({ status }) => status === 'DUE' || status === 'MISSING')
      .map(({ billOn, status, note }): Violation => {
        return { rule: 'finality', text: `the bill of ${formatDay(billOn)} is still ${status}: ${note}` }
      }),
    ...undecided.map((difference): Violation => {
      const { billOn, number, outTradeNo, atWechat, here } = difference
      const text = `${outTradeNo}: ${number} is ${atWechat} in the bill of ${formatDay(billOn)}, and ${here || 'nothing'} here`
      return { rule: 'money', text: `${text} (${difference.class})`, paymentSn: outTradeNo }
    }),
  ]
}
