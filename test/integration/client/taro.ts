import { processApis } from '@tarojs/shared'
import type { Wx } from '../../../client/src/pay-client.ts'

/** Taro's chain around `request`, without any interceptor. */
class Link {
  readonly request: (requestParams: object) => unknown
  readonly addInterceptor = () => {}
  readonly cleanInterceptors = () => {}

  constructor(interceptor: (chain: { requestParams: object }) => unknown) {
    this.request = (requestParams) => interceptor({ requestParams: { ...requestParams } })
  }
}

/** The `Taro` that Taro's own runtime makes of a `wx`: promises everywhere, in addition to the callbacks. */
export function toTaro(wx: Wx): Wx {
  const taro = { Link, options: {} }
  processApis(taro, wx)
  return taro as typeof taro & Wx
}
