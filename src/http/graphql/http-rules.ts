import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'

const JSON_PARAMETERS = ['variables', 'extensions']

function refuse(status: number, message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status } } })
}

/**
 * Accepts POST with application/json alone: a browser sends that across origins only after a preflight. Parameters of a
 * query string that should hold JSON must do so.
 */
export function useHttpRules(): Plugin {
  return {
    onRequestParse({ request, url }) {
      if (request.method === 'POST') {
        const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
        if (mediaType !== 'application/json') refuse(415, 'Send the operation as application/json.')
      }
      if (request.method === 'GET') {
        for (const name of JSON_PARAMETERS) {
          const text = url.searchParams.get(name)
          if (text && !isJson(text)) refuse(400, `The parameter ${name} is no JSON.`)
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
