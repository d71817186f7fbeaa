/** What an operator does next, as an alert about an order says it. At more length: docs/operations.md, "Watch". */
export const orderRemedies = {
  close: (sn: string) =>
    `npm run admin -- orders close ${sn} says what keeps it, npm run doctor whether WeChat answers`,
  ship: (sn: string) => `mend what err.errcode says, then npm run admin -- orders ship ${sn} tries it now`,
}
