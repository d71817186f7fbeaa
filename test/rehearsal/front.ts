import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../harness/until.ts'
import type { CertificateFiles } from './certificate.ts'
import type { Place } from './place.ts'

/** Where Debian's package puts it, which isn't in everybody's PATH. */
export const NGINX = '/usr/sbin/nginx'

/** The nginx before the API processes, which ends TLS. */
export interface Front {
  /** Sends what comes from now on to the API processes at these ports, and lets go of the others. */
  balance(apiPorts: number[]): Promise<void>
}

interface FrontInput {
  port: number
  certificate: CertificateFiles
  apiPorts: number[]
}

/** Starts it; it ends with the rehearsal. */
export async function openFront(place: Place, { port, certificate, apiPorts }: FrontInput): Promise<Front> {
  const folder = join(place.folder, 'nginx')
  await mkdir(folder)
  const errorLog = join(place.logs, 'nginx.log')
  const file = join(folder, 'nginx.conf')
  const configure = (ports: number[]) =>
    writeFileSync(file, configurationOf({ folder, errorLog, port, certificate, apiPorts: ports }))
  configure(apiPorts)
  place.signal.throwIfAborted()
  const child = spawn(NGINX, ['-p', folder, '-c', file, '-e', errorLog], { detached: true, stdio: 'ignore' })
  const exit = once(child, 'exit')
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  place.atEnd(async () => {
    // Its workers end with it, those too that still hold connections of before.
    child.kill('SIGTERM')
    await exit
  })
  const look = <Found>(find: () => Found | Promise<Found>) => {
    if (hasEnded()) throw new Error(`nginx has ended, and says why in ${errorLog}`)
    return find()
  }
  const answers = async () => {
    const answer = await fetch(`https://localhost:${port}/healthz`).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok || undefined
  }
  const { signal } = place
  await until(`nginx answers (${errorLog})`, () => look(answers), { signal })
  return {
    balance: async (ports) => {
      const before = childrenOf(child.pid)
      configure(ports)
      child.kill('SIGHUP')
      const isTaken = () =>
        (childrenOf(child.pid).some((pid) => !before.includes(pid)) && before.every(isRetired)) || undefined
      await until(`nginx takes its new upstreams (${errorLog})`, () => look(isTaken), { signal })
    },
  }
}

function childrenOf(pid: number | undefined): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.split(' ').filter(Boolean).map(Number)
}

/** Whether a worker of nginx takes no connection any more; it lives as long as the sockets that it holds. */
function isRetired(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('shutting down')
  } catch {
    return true
  }
}

function configurationOf({
  folder,
  errorLog,
  port,
  certificate,
  apiPorts,
}: FrontInput & { folder: string; errorLog: string }): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  // Its workers would be somebody else, who can't enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user} daemon off; pid ${folder}/pid; error_log ${errorLog} notice; events { worker_connections 4096; }
http {
  access_log off; ${paths.join(' ')}
  upstream looklook_pay { ${apiPorts.map((each) => `server 127.0.0.1:${each};`).join(' ')} }
  server {
    listen 127.0.0.1:${port} ssl;
    server_name localhost;
    ssl_certificate ${certificate.certificate};
    ssl_certificate_key ${certificate.key};
    location / {
      proxy_pass http://looklook_pay;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`
}
