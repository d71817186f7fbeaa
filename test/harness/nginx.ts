import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { freePort } from './redis.ts'

/** Where Debian's package puts it, which isn't in everybody's PATH. */
const NGINX = '/usr/sbin/nginx'

/** Whether there is an nginx. Without one it prints a line, and throws with CI=true. */
export function canRunNginx(): boolean {
  if (existsSync(NGINX)) return true
  const line = `nginx is not at ${NGINX}: the tests behind a proxy are skipped (apt-get install nginx-light)`
  if (process.env['CI'] === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

/** A stock nginx whose one location holds these lines, until the test ends. @returns its URL. */
export async function startNginx(location: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  const port = await freePort()
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const server = `server { listen 127.0.0.1:${port}; location / { ${location} } }`
  const settings = join(folder, 'nginx.conf')
  await writeFile(
    settings,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
    http { access_log off; ${paths.join(' ')}\n${server} }`,
  )
  const child = spawn(NGINX, ['-p', folder, '-c', settings], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}`
  await expect
    .poll(() =>
      fetch(url).then(
        () => child.exitCode ?? 'listens',
        () => child.exitCode,
      ),
    )
    .toBe('listens')
  return url
}
