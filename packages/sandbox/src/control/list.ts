import { z } from 'zod'
import type { Route } from '../http/route.ts'

/** A route as `GET /` shows it: the JSON schema of its body, or of its query, is made from what checks it. */
export interface Listed {
  method: string
  path: string
  does: string
  document?: string
  /** What faults call it. */
  endpoint?: string
  body?: object
  query?: object
}

/** What the sandbox serves: WeChat's calls, and its own abilities. */
export function listRoutes(routes: readonly Route[]): { wechat: Listed[]; sandbox: Listed[] } {
  return {
    wechat: routes.filter((route) => !isOwn(route) && route.document !== undefined).map(describe),
    sandbox: routes.filter(isOwn).map(describe),
  }
}

function isOwn({ path }: Route): boolean {
  return path.startsWith('/sandbox/')
}

function describe({ method, path, does, document, endpoint, input }: Route): Listed {
  const { $schema: _version, ...schema } = input ? z.toJSONSchema(input, { io: 'input' }) : {}
  return {
    method,
    path,
    does,
    ...(document === undefined ? {} : { document }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(input === undefined ? {} : method === 'POST' ? { body: schema } : { query: schema }),
  }
}
