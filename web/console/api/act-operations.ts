const RESULT = /* GraphQL */ `fragment ActFields on ActResult {
  __typename
  ... on Act { sentences }
  ... on Error { code message }
}`

/**
 * What operators decide, by the names of the operations, which are those of the fields. Each says in sentences what has
 * happened; as a dry run what would.
 */
export const actOperations = {
  reviewAccept: /* GraphQL */ `mutation ReviewAccept($id: String!, $reason: String!, $dryRun: Boolean!) {
  reviewAccept(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  reviewRefund: /* GraphQL */ `mutation ReviewRefund($id: String!, $reason: String!, $dryRun: Boolean!) {
  reviewRefund(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  reviewDismiss: /* GraphQL */ `mutation ReviewDismiss($id: String!, $reason: String!, $dryRun: Boolean!) {
  reviewDismiss(id: $id, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundRetry: /* GraphQL */ `mutation RefundRetry($number: String!, $reason: String!, $dryRun: Boolean!) {
  refundRetry(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundAbnormal: /* GraphQL */ `mutation RefundAbnormal($number: String!, $reason: String!, $dryRun: Boolean!) {
  refundAbnormal(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  refundAdopt: /* GraphQL */ `mutation RefundAdopt($number: String!, $reason: String!, $dryRun: Boolean!) {
  refundAdopt(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderApply: /* GraphQL */ `mutation OrderApply($number: String!, $reason: String!, $dryRun: Boolean!) {
  orderApply(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderClose: /* GraphQL */ `mutation OrderClose($number: String!, $reason: String!, $dryRun: Boolean!) {
  orderClose(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  orderShip: /* GraphQL */ `mutation OrderShip($number: String!, $reason: String!, $dryRun: Boolean!) {
  orderShip(number: $number, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  jobReplay: /* GraphQL */ `mutation JobReplay($ids: [String!]!, $reason: String!, $dryRun: Boolean!) {
  jobReplay(ids: $ids, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  jobDrop: /* GraphQL */ `mutation JobDrop($ids: [String!]!, $reason: String!, $dryRun: Boolean!) {
  jobDrop(ids: $ids, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
  billRepeat: /* GraphQL */ `mutation BillRepeat($day: Date!, $reason: String!, $dryRun: Boolean!) {
  billRepeat(day: $day, reason: $reason, dryRun: $dryRun) { ...ActFields }
}
${RESULT}`,
} as const
