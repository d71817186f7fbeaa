import type { Plugin } from 'graphql-yoga'
import type { Deps } from '../../deps.ts'
import { createDocumentCache } from './document-cache.ts'
import { createValidation } from './document-rules.ts'
import { parseDocument } from './size-rules.ts'

/**
 * Parses and validates documents within their limits, before anything of them is run, and keeps the valid ones. In place
 * of Yoga's own cache, which counts documents whatever their size.
 */
export function useDocuments({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): Plugin {
  const { limits, production } = config
  const cache = createDocumentCache(limits.documentCacheBytes)
  const onRefusal = (limit: keyof typeof limits) => metrics.limitRefusals.inc({ limit })
  const validate = createValidation({ limits, production, onRefusal })
  return {
    onParse: ({ setParseFn }) =>
      setParseFn((source: string | { body: string }) => {
        const text = typeof source === 'string' ? source : source.body
        return cache.find(text) ?? parseDocument(text, limits, () => onRefusal('documentTokens'))
      }),
    onValidate: ({ setValidationFn }) =>
      setValidationFn((schema, document) => {
        if (cache.has(document)) return []
        const errors = validate(schema, document)
        if (errors.length === 0) cache.keep(document)
        return errors
      }),
  }
}
