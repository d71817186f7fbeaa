import type { Evidence } from '../evidence.ts'

type Line = [at: number | undefined, line: string]

/** Everything that is known of a payment and its order, oldest first: an instant, who saw it, and what. */
export function timelineOf(evidence: Evidence, paymentSn: string): string[] {
  const lines = [
    ...linesOfPeople(evidence, paymentSn),
    ...linesOfWechat(evidence, paymentSn),
    ...linesOfRows(evidence, paymentSn),
  ]
  return lines
    .flatMap(([at, line]) => (at === undefined ? [] : [{ at, line }]))
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, line }) => `${new Date(at).toISOString().slice(11, -1)} ${line}`)
}

/** What people asked, were told and saw, and what another service has heard. */
function linesOfPeople({ payments, told, asked, streams, received }: Evidence, paymentSn: string): Line[] {
  const orderSn = payments.find(({ sn }) => sn === paymentSn)?.orderSn
  const isMine = (row: { paymentSn: string }) => row.paymentSn === paymentSn
  const isOfOrder = (row: { orderSn: string }) => row.orderSn === orderSn
  return [
    ...asked.filter(isOfOrder).map(({ at, what }): Line => [at, `asked:    ${what}`]),
    ...told.filter(isOfOrder).map(({ at, what }): Line => [at, `answered: ${what}`]),
    ...streams
      .filter(isMine)
      .flatMap(({ seen }) =>
        seen.map(({ at, version, status }): Line => [at, `stream:   version ${version}, ${status}`]),
      ),
    ...received.filter(isMine).map(({ at, version, status }): Line => [at, `webhook:  version ${version}, ${status}`]),
  ]
}

function linesOfWechat({ wechat }: Evidence, paymentSn: string): Line[] {
  const paid = wechat.orders.find(({ outTradeNo }) => outTradeNo === paymentSn)?.payment
  const refunds = wechat.refunds.filter(({ outTradeNo }) => outTradeNo === paymentSn)
  const subjects = [paymentSn, ...refunds.map(({ outRefundNo }) => outRefundNo)]
  return [
    ...(paid ? [[paid.paidAt, `WeChat:   paid, ${paid.transactionId}`] satisfies Line] : []),
    ...refunds.map((refund): Line => {
      return [
        refund.createdAt,
        `WeChat:   refund ${refund.outRefundNo} of ${refund.refundFen} fen, now ${refund.status}`,
      ]
    }),
    ...wechat.notices
      .filter(({ subject }) => subjects.includes(subject))
      .flatMap(({ createdAt, takenAt, eventType, subject, state }): Line[] => [
        [createdAt, `WeChat:   notice ${eventType} of ${subject}, now ${state}`],
        [takenAt, `WeChat:   notice ${eventType} of ${subject} is taken`],
      ]),
  ]
}

function linesOfRows({ events, mismatches, refunds }: Evidence, paymentSn: string): Line[] {
  return [
    ...events
      .filter((event) => event.paymentSn === paymentSn)
      .map(({ at, version, fromStatus, toStatus, source }): Line => {
        return [at.getTime(), `recorded: version ${version}, ${fromStatus} -> ${toStatus} by ${source}`]
      }),
    ...mismatches
      .filter((mismatch) => mismatch.paymentSn === paymentSn)
      .map(({ createdAt, kind, resolution }): Line => {
        return [createdAt.getTime(), `recorded: mismatch ${kind}, now ${resolution ?? 'open'}`]
      }),
    ...refunds
      .filter((refund) => refund.paymentSn === paymentSn)
      .map(({ endedAt, outRefundNo, cause, status }): Line => {
        return [endedAt?.getTime(), `recorded: refund ${outRefundNo} (${cause}) has ended, ${status}`]
      }),
  ]
}
