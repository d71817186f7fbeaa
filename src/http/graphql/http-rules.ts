import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Deps } from '../../deps.ts'
import { createUserError } from '../../graphql/context.ts'
import type { Text } from '../../texts.ts'
import { requestTexts } from '../texts.ts'

const JSON_PARAMETERS = ['variables', 'extensions']

function refuse(status: number, text: Text): never {
  throw createUserError('BAD_REQUEST', text, { status, spec: false })
}

/** The error for a request that is larger than `bodyBytes`; counts it. */
function createTooLarge({ config, metrics }: Pick<Deps, 'config' | 'metrics'>, status: number): GraphQLError {
  metrics.limitRefusals.inc({ limit: 'bodyBytes' })
  const text = requestTexts.tooLarge(config.limits.bodyBytes)
  return createUserError('REQUEST_ENTITY_TOO_LARGE', text, { status, spec: false })
}

/** Yoga's error for a body that is too large, as ours; any other as it is. */
export function explainTooLarge(deps: Pick<Deps, 'config' | 'metrics'>, error: unknown): unknown {
  const isTooLarge = error instanceof GraphQLError && error.extensions['code'] === 'REQUEST_ENTITY_TOO_LARGE'
  return isTooLarge && error.message === 'Request body too large' ? createTooLarge(deps, 413) : error
}

/**
 * Accepts POST with application/json alone: a browser sends that across origins only after a preflight. Parameters of a
 * query string that should hold JSON must do so, and it may be as long as a body; Node ends it at 16 KiB.
 */
export function useHttpRules(deps: Pick<Deps, 'config' | 'metrics'>): Plugin {
  return {
    onRequestParse({ request, url }) {
      if (request.method === 'POST') {
        const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
        if (mediaType !== 'application/json') refuse(415, requestTexts.mediaType)
      }
      if (request.method === 'GET') {
        if (url.search.length > deps.config.limits.bodyBytes) throw createTooLarge(deps, 414)
        for (const name of JSON_PARAMETERS) {
          const text = url.searchParams.get(name)
          if (text && !isJson(text)) refuse(400, requestTexts.noJson(name))
        }
      }
    },
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
