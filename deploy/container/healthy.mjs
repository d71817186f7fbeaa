/**
 * HEALTHCHECK of the image: whether what runs as the container's first process answers. It asks whether that lives; with a
 * path, as in `healthy.mjs /readyz`, it asks that instead. What serves nothing, like a migration, is healthy as long as it
 * runs. With Node alone: the image has no curl.
 */
import { readFileSync } from 'node:fs'

const { PORT, CONSOLE_PORT } = process.env
const servers = {
  api: { port: PORT || 4000, lives: '/healthz' },
  worker: { port: PORT || 4001, lives: '/healthz' },
  console: { port: CONSOLE_PORT || 4002, lives: '/livez' },
}

const [, program] = /\/dist\/src\/(\w+)\.js\0/.exec(readFileSync('/proc/1/cmdline', 'utf8')) ?? []
const server = servers[program]
if (server) {
  const url = `http://127.0.0.1:${server.port}${process.argv[2] ?? server.lives}`
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) }).then(
    ({ status }) => status,
    (error) => error.cause?.code ?? error.name,
  )
  process.stdout.write(`${url}: ${answer}\n`)
  process.exitCode = answer === 200 ? 0 : 1
}
