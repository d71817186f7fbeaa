import { createHash, randomBytes } from 'node:crypto'

/** Nobody guesses one: whoever has a token has been given it. */
const TOKEN_BYTES = 32

/** A secret of a link or a session. The database has its hash alone, by which nobody can sign in. */
export interface Token {
  text: string
  hash: string
}

export function createToken(): Token {
  const text = randomBytes(TOKEN_BYTES).toString('base64url')
  return { text, hash: hashOf(text) }
}

/** Whether it could be one; whatever else somebody sends needs no look into the database. */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** A plain hash: there is no guessing what is random. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
