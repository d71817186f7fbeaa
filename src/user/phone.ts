/** The number as we keep it: the bare number in China, `+` and the country's code before it elsewhere. */
export function formatPhone({
  purePhoneNumber,
  countryCode,
}: {
  purePhoneNumber: string
  countryCode: string
}): string {
  return countryCode === '86' ? purePhoneNumber : `+${countryCode}${purePhoneNumber}`
}
