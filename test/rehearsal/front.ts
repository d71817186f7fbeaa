import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { childrenOf } from '../harness/children.ts'
import { NGINX, upstreamsOf, writeShippedNginx } from '../harness/shipped-nginx.ts'
import { until } from '../harness/until.ts'
import type { CertificateFiles } from './certificate.ts'
import { answeredSoon, type Place } from './place.ts'

/** The nginx before the API processes, which ends TLS, with the configuration that deploy/nginx ships. */
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
  const errorLog = join(folder, 'error.log')
  const configure = (ports: number[]) => {
    const apis = ports.map((each) => `http://127.0.0.1:${each}`)
    return writeShippedNginx(folder, 'looklook-pay.conf', { port, ...certificate }, upstreamsOf(apis))
  }
  const file = configure(apiPorts)
  // Its workers would be somebody else, who can't enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const args = ['-p', folder, '-c', file, '-e', errorLog, '-g', `${user} daemon off; pid ${folder}/pid;`]
  const { signal } = place
  signal.throwIfAborted()
  const child = spawn(NGINX, args, { detached: true, stdio: 'ignore' })
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
    const answer = await fetch(`https://localhost:${port}/healthz`, answeredSoon(signal)).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok || undefined
  }
  await until(`nginx answers (${errorLog})`, () => look(answers), { signal })
  return {
    balance: async (ports) => {
      const workers = childrenOf(child.pid)
      configure(ports)
      child.kill('SIGHUP')
      const isTaken = () =>
        (childrenOf(child.pid).some((pid) => !workers.includes(pid)) && workers.every(isRetired)) || undefined
      await until(`nginx takes its new upstreams (${errorLog})`, () => look(isTaken), { signal })
    },
  }
}

/** Whether a worker of nginx takes no connection any more; it lives as long as the sockets that it holds. */
function isRetired(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('shutting down')
  } catch {
    return true
  }
}
