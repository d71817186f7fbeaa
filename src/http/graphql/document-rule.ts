import type { ASTVisitor, ValidationContext } from 'graphql'
import type { Limits } from '../../config/limits.ts'
import type { Text } from '../../texts.ts'

/**
 * A rule about what a document costs; it refuses by `refuse`, naming the limit that the document exceeds. It is visited
 * without types: `getType` and its kin of the context return nothing.
 */
export type DocumentRule = (
  limits: Limits,
  refuse: (context: ValidationContext, limit: keyof Limits, text: Text) => void,
) => (context: ValidationContext) => ASTVisitor
