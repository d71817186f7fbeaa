const RESULT = /* GraphQL */ `fragment ActFields on ActResult {
  __typename
  ... on Act { sentences }
  ... on Refusal { code message }
}`

/**
 * What operators decide, by the names of the operations, which are those of the fields. Each says in sentences what has
 * happened; as a dry run what would.
 */
export const actOperations = {
  reviewAccept: /* GraphQL */ `mutation ReviewAccept($id: ID!, $reason: String!, $dryRun: Boolean!) {
  reviewAccept(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  reviewRefund: /* GraphQL */ `mutation ReviewRefund($id: ID!, $reason: String!, $dryRun: Boolean!) {
  reviewRefund(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  reviewDismiss: /* GraphQL */ `mutation ReviewDismiss($id: ID!, $reason: String!, $dryRun: Boolean!) {
  reviewDismiss(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundRetry: /* GraphQL */ `mutation RefundRetry($number: ID!, $reason: String!, $dryRun: Boolean!) {
  refundRetry(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundAbnormal: /* GraphQL */ `mutation RefundAbnormal($number: ID!, $card: BankCardInput, $reason: String!, $dryRun: Boolean!) {
  refundAbnormal(number: $number, card: $card, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundAdopt: /* GraphQL */ `mutation RefundAdopt($number: ID!, $reason: String!, $dryRun: Boolean!) {
  refundAdopt(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderApply: /* GraphQL */ `mutation OrderApply($number: ID!, $reason: String!, $dryRun: Boolean!) {
  orderApply(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderClose: /* GraphQL */ `mutation OrderClose($number: ID!, $reason: String!, $dryRun: Boolean!) {
  orderClose(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderShip: /* GraphQL */ `mutation OrderShip($number: ID!, $reason: String!, $dryRun: Boolean!) {
  orderShip(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  jobReplay: /* GraphQL */ `mutation JobReplay($ids: [ID!]!, $reason: String!, $dryRun: Boolean!) {
  jobReplay(ids: $ids, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  jobDrop: /* GraphQL */ `mutation JobDrop($ids: [ID!]!, $reason: String!, $dryRun: Boolean!) {
  jobDrop(ids: $ids, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  billRepeat: /* GraphQL */ `mutation BillRepeat($day: String!, $reason: String!, $dryRun: Boolean!) {
  billRepeat(day: $day, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  billDismiss: /* GraphQL */ `mutation BillDismiss($day: String!, $number: ID!, $reason: String!, $dryRun: Boolean!) {
  billDismiss(day: $day, number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookAdd: /* GraphQL */ `mutation WebhookAdd($url: String!, $types: [String!]!, $reason: String!, $dryRun: Boolean!) {
  webhookAdd(url: $url, types: $types, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookEnable: /* GraphQL */ `mutation WebhookEnable($id: ID!, $reason: String!, $dryRun: Boolean!) {
  webhookEnable(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookDisable: /* GraphQL */ `mutation WebhookDisable($id: ID!, $reason: String!, $dryRun: Boolean!) {
  webhookDisable(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookRemove: /* GraphQL */ `mutation WebhookRemove($id: ID!, $reason: String!, $dryRun: Boolean!) {
  webhookRemove(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookRotate: /* GraphQL */ `mutation WebhookRotate($id: ID!, $keepHours: Int! = 24, $again: Boolean! = false, $reason: String!, $dryRun: Boolean!) {
  webhookRotate(id: $id, keepHours: $keepHours, again: $again, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  webhookReplay: /* GraphQL */ `mutation WebhookReplay($id: ID!, $failed: Boolean, $paymentSn: ID, $version: Int, $since: DateTime, $until: DateTime, $reason: String!, $dryRun: Boolean!) {
  webhookReplay(id: $id, failed: $failed, paymentSn: $paymentSn, version: $version, since: $since, until: $until, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  listenerRemove: /* GraphQL */ `mutation ListenerRemove($id: ID!, $reason: String!, $dryRun: Boolean!) {
  listenerRemove(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
} as const
