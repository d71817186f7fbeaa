const BOARD = /* GraphQL */ `fragment BoardFields on Board {
  at todayPayments todayFen todayTaps
  tapToPaid { p50 p95 }
  wechatAnswers { endpoint status code count }
  waiting {
    mismatches { id } heldPayments { sn } stuckRefunds { outRefundNo } stuckOrders { sn }
    deadJobs { id } billDifferences { number } missingBills { billOn }
  }
  workers { id lastSeenAt }
}`

const DIFFERENCE = /* GraphQL */ `fragment DifferenceFields on BillDifference {
  billOn kind number class outTradeNo outRefundNo atWechat here outcome
}`

/**
 * What the console reads, by the names of the operations. `npm run codegen` makes their types: it reads the texts as they
 * stand here, and finds fragments by their names.
 */
export const readOperations = {
  me: /* GraphQL */ `query Me {
  me { id name role expiresAt }
}`,
  board: /* GraphQL */ `query Board {
  board { ...BoardFields }
}
${BOARD}`,
  boardChanged: /* GraphQL */ `subscription BoardChanged {
  board { ...BoardFields }
}
${BOARD}`,
  examination: /* GraphQL */ `subscription Examination {
  examination { startedAt endedAt findings { check result detail remedy } }
}`,
  boardHours: /* GraphQL */ `query BoardHours($hours: Int!) {
  boardHours(hours: $hours) { at payments fen taps }
}`,
  find: /* GraphQL */ `query Find($text: String!) {
  find(text: $text) { kind number title at }
}`,
  timeline: /* GraphQL */ `query Timeline($number: String!) {
  timeline(number: $number) {
    orders { sn tradeState totalFen awaitsShipping }
    payments {
      sn orderSn status payTotalFen paidTotalFen refundedTotalFen transactionId isUnderReview isOnHold isApplied
    }
    refunds { outRefundNo paymentSn status refundTotalFen }
    entries { at kind number text }
  }
}`,
  waiting: /* GraphQL */ `query Waiting {
  waiting {
    mismatches {
      id createdAt subject kind number transactionId reportedFen resolution
      paymentSn orderSn paymentStatus payTotalFen decisions
    }
    heldPayments { sn orderSn transactionId heldAt }
    stuckRefunds {
      outRefundNo paymentSn cause status refundTotalFen tries lastAnswer nextTryAt createdAt
    }
    stuckOrders { sn needs since paymentSn }
    deadJobs { id job data deadSince retries holdsUpMoney }
    billDifferences { ...DifferenceFields }
    missingBills { billOn note }
  }
}
${DIFFERENCE}`,
  acts: /* GraphQL */ `query Acts {
  acts(limit: 50) { id at operator via action number reason }
}`,
  events: /* GraphQL */ `query Events {
  webhooks { id url eventTypes enabled disabledReason failingSince waiting failed }
  listeners { id createdAt waiting }
}`,
  webhookDeliveries: /* GraphQL */ `query WebhookDeliveries($id: ID!) {
  webhookDeliveries(id: $id) {
    paymentSn version status tries replayed lastAnswer createdAt endedAt nextTryAt
  }
}`,
  billDays: /* GraphQL */ `query BillDays($month: String!) {
  billDays(month: $month) { billOn status open }
}`,
  billDay: /* GraphQL */ `query BillDay($day: String!) {
  billDay(day: $day) {
    day { billOn status note lines nextTryAt doneAt }
    totals { payments paymentsFen refunds refundsFen feeFen bookedFen }
    differences { ...DifferenceFields }
  }
}
${DIFFERENCE}`,
} as const
