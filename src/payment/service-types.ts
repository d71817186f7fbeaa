/**
 * Every kind of thing that clients can pay for, by the `serviceType` that its payments carry, with what the API says of
 * it. A second one begins with a line here: the compiler then asks `src/app.ts` for its `Payable`. A kind that is
 * missing here can be paid all the same, but not by `wxPay`.
 */
export const serviceTypes = {
  HOMESTAY_ORDER: { description: 'A booking of a homestay.' },
} as const

export type ServiceType = keyof typeof serviceTypes

/** What is paid for by a client that names no kind, as those do that are older than the second one. */
export const DEFAULT_SERVICE_TYPE: ServiceType = 'HOMESTAY_ORDER'
