import type { ValidationContext, ValidationRule } from 'graphql'
import type { Limits } from '../../config/limits.ts'

/** A rule about what a document costs; it refuses by `refuse`, naming the limit that the document exceeds. */
export type DocumentRule = (
  limits: Limits,
  refuse: (context: ValidationContext, limit: keyof Limits, message: string) => void,
) => ValidationRule
