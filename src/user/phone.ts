const VISIBLE_START = 3
const VISIBLE_END = 4
const FEWEST_HIDDEN = 3

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

/** What its owner recognises and nobody can call: `138****1234`. */
export function maskPhone(phoneNumber: string): string {
  if (phoneNumber.length < VISIBLE_START + FEWEST_HIDDEN + VISIBLE_END) return `****${phoneNumber.slice(-2)}`
  return `${phoneNumber.slice(0, VISIBLE_START)}****${phoneNumber.slice(-VISIBLE_END)}`
}
