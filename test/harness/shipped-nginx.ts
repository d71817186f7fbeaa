import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian's package puts it, which isn't in everybody's PATH. */
export const NGINX = '/usr/sbin/nginx'

/** What a template of deploy/nginx leaves open, by its names. */
type Variables = Record<string, string>

/** Where nginx listens, and what it shows there. */
export interface TlsSite {
  port: number
  certificate: string
  key: string
}

/**
 * Writes to a folder what deploy/nginx ships, or writes it anew for an nginx that is told to read it again.
 *
 * @param template like `looklook-pay.conf`.
 * @returns the file that nginx is started with.
 */
export function writeShippedNginx(
  folder: string,
  template: string,
  { port, certificate, key }: TlsSite,
  variables: Variables,
): string {
  const settings = readFileSync('deploy/nginx/nginx.conf', 'utf8')
    .replaceAll('/tmp/', `${folder}/`)
    .replace('access_log /dev/stdout;', 'access_log off;')
    .replace('error_log stderr', `error_log ${folder}/error.log`)
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, settings)
  mkdirSync(join(folder, 'conf.d'), { recursive: true })
  const tls = { LISTEN: `127.0.0.1:${port}`, TLS_CERTIFICATE: certificate, TLS_CERTIFICATE_KEY: key }
  writeFileSync(join(folder, 'conf.d', template), fillIn(`deploy/nginx/${template}.template`, { ...tls, ...variables }))
  return file
}

/** What is open in the template beside TLS, for APIs at these URLs. */
export function upstreamsOf(urls: string[]): Variables {
  const servers = urls.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=2s;`)
  return { SERVER_NAME: '_', UPSTREAMS: servers.join(' ') }
}

/** A template as the image of nginx fills it in. */
function fillIn(path: string, variables: Variables): string {
  return readFileSync(path, 'utf8').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`${path} wants ${name}`)
    return value
  })
}
