const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Works where `crypto.randomUUID` is missing, too: on plain http with a host name. */
export function randomName(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  return Array.from(bytes, (byte) => LETTERS.charAt(byte % LETTERS.length)).join('')
}
