import { BREAK, type DocumentNode, Lexer, parse, Source, TokenKind } from 'graphql'
import type { Limits } from '../../config/limits.ts'
import { createUserError } from '../../graphql/context.ts'
import { documentTexts } from '../texts.ts'
import type { DocumentRule } from './document-rule.ts'

/** More often than any document that is written by hand or by a tool; some rules compare each with each. */
const MAX_REPEATS = 100

/**
 * Parses a document that has at most `documentTokens` tokens, comments included, and as many lines: each error looks for
 * its line from the beginning.
 *
 * @throws {GraphQLError} `BAD_USER_INPUT` beyond that, after `onRefusal`, or a syntax error.
 */
export function parseDocument(text: string, { documentTokens: most }: Limits, onRefusal: () => void): DocumentNode {
  if (hasMoreLines(text, most) || hasMoreTokens(text, most)) {
    onRefusal()
    throw createUserError('BAD_USER_INPUT', documentTexts.tooManyTokens(most), { status: 400 })
  }
  return parse(text)
}

function hasMoreLines(text: string, most: number): boolean {
  return text.split(/\r\n|[\n\r]/, most + 1).length > most
}

function hasMoreTokens(text: string, most: number): boolean {
  const lexer = new Lexer(new Source(text))
  let count = -1
  for (let token = lexer.token; token.kind !== TokenKind.EOF; token = token.next ?? lexer.token) {
    // It skips comments, which stay linked between the tokens.
    if (!token.next) lexer.advance()
    count += 1
    if (count > most) return true
  }
  return false
}

/**
 * Refuses a document in which one response name, or one fragment, stands too often: merging compares each with each other.
 */
export const fewRepeats: DocumentRule = (_limits, refuse) => (context) => {
  const fields = new Map<string, number>()
  let spreads = 0
  const refuseMany = (what: 'repeatedField' | 'repeatedFragments', count: number) => {
    if (count <= MAX_REPEATS) return
    refuse(context, 'documentFields', documentTexts[what](MAX_REPEATS))
    return BREAK
  }
  return {
    Field({ alias, name }) {
      const { value } = alias ?? name
      const count = (fields.get(value) ?? 0) + 1
      fields.set(value, count)
      return refuseMany('repeatedField', count)
    },
    FragmentSpread() {
      spreads += 1
      return refuseMany('repeatedFragments', spreads)
    },
  }
}
