import type { DocumentNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Deps } from '../../deps.ts'
import { createDocumentCache, type DocumentCache } from './document-cache.ts'
import { createValidation } from './document-rules.ts'
import { parseDocument } from './size-rules.ts'

export interface Documents {
  /** The valid document of this text, if it was sent of late. */
  find: DocumentCache['find']
  /** Parses and validates within the limits, before anything of a document is run, and keeps the valid ones. */
  plugin: Plugin
}

/** What clients send to be run. In place of Yoga's own cache, which counts documents whatever their size. */
export function createDocuments({ config, metrics }: Pick<Deps, 'config' | 'metrics'>): Documents {
  const { limits, production } = config
  const cache = createDocumentCache(limits.documentCacheBytes)
  const onRefusal = (limit: keyof typeof limits) => metrics.limitRefusals.inc({ limit })
  const validate = createValidation({ limits, production, onRefusal })
  const parse = (source: string | { body: string }): DocumentNode => {
    const text = typeof source === 'string' ? source : source.body
    return cache.find(text) ?? parseDocument(text, limits, () => onRefusal('documentTokens'))
  }
  return {
    find: cache.find,
    plugin: {
      onParse: ({ setParseFn }) => setParseFn(parse),
      onValidate: ({ setValidationFn }) =>
        setValidationFn((schema, document) => {
          if (cache.has(document)) return []
          const errors = validate(schema, document)
          if (errors.length === 0) cache.keep(document)
          return errors
        }),
    },
  }
}
