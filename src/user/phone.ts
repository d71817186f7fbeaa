/** The number as we store it: the bare number in China, with `+` and the country code before it elsewhere. */
export function formatPhone({
  purePhoneNumber,
  countryCode,
}: {
  purePhoneNumber: string
  countryCode: string
}): string {
  return countryCode === '86' ? purePhoneNumber : `+${countryCode}${purePhoneNumber}`
}
