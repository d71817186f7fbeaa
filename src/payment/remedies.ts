/** What an operator does next, as an alert about a payment or a refund says it. At more length: docs/operations.md, "Watch". */
export const paymentRemedies = {
  mismatch: 'npm run admin -- review list shows it, and which decisions it can have',
  underReview: 'npm run admin -- review list, then review accept ID or review refund ID',
  dismiss: 'npm run admin -- review list, deal with it on the merchant platform, then review dismiss ID',
  decision: 'err says what keeps it, npm run doctor whether WeChat answers; it is tried again by itself',
  onHold: 'read the refund’s number off the merchant platform, then npm run admin -- refunds adopt NUMBER',
  notApplied: 'npm run admin -- orders stuck names its order, and orders apply SN tries it now and says what keeps it',
  refund: 'npm run admin -- refunds stuck says why, then refunds retry NUMBER or refunds abnormal NUMBER',
  refundTooOld: 'pay the guest in another way: WeChat refunds a payment for one year',
  abnormal: 'npm run admin -- refunds abnormal NUMBER sends it to another account',
  tradeState:
    'ask WeChat’s support what it means; npm run admin -- timeline SN shows what WeChat said. Until then the payment is ' +
    'neither settled nor closed',
}
