import type { Route } from '../http/route.ts'
import { close } from './close.ts'
import { prepay } from './prepay.ts'
import { queryByOutTradeNo, queryByTransactionId } from './query.ts'

export const payRoutes: Route[] = [
  { method: 'POST', path: /^\/v3\/pay\/transactions\/jsapi$/, endpoint: 'prepay', handle: prepay },
  {
    method: 'GET',
    path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)$/,
    endpoint: 'query',
    handle: queryByOutTradeNo,
  },
  { method: 'GET', path: /^\/v3\/pay\/transactions\/id\/([^/]+)$/, endpoint: 'query', handle: queryByTransactionId },
  { method: 'POST', path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/close$/, endpoint: 'close', handle: close },
]
