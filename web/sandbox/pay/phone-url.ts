import { hrefOf } from '../route.ts'

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Where a phone pays an order: this page, by the address that it is opened at; undefined where that is this machine's own. */
export function phoneUrl(
  { href, hostname }: Pick<Location, 'href' | 'hostname'>,
  outTradeNo: string,
): string | undefined {
  return LOOPBACK.test(hostname) ? undefined : new URL(hrefOf('pay', outTradeNo), href).href
}
