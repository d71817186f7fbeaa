import type { YogaServerOptions } from 'graphql-yoga'
import type { Config } from '../../config.ts'

type Cors = YogaServerOptions<object, object>['cors']

/** Lets pages of the configured origins use the API, which takes no cookie. For others there are no headers at all. */
export function createCors({ corsOrigins }: Pick<Config, 'corsOrigins'>): Cors {
  if (corsOrigins.length === 0) return false
  return (request) => {
    const origin = request.headers.get('origin') ?? ''
    if (!corsOrigins.includes(origin)) return false
    return {
      origin,
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'accept-language', 'x-request-id'],
      exposedHeaders: ['x-request-id', 'retry-after'],
      credentials: false,
      maxAge: 7_200,
    }
  }
}
