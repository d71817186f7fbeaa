import { setTimeout as sleep } from 'node:timers/promises'
import { type Credentials, openSandbox, type Sandbox } from '@looklook-pay/sandbox'
import { freePort } from '../harness/redis.ts'
import { makeCertificate } from './certificate.ts'
import { type Front, openFront } from './front.ts'
import type { Place } from './place.ts'
import { type Ended, type Running, runCommand, startProcess } from './process.ts'
import type { Release } from './release.ts'
import type { Servers } from './servers.ts'

/** On a connection that nginx had taken before, a request may still come, and goes where it went before. */
const HAND_OVER_MS = 2_000

/** As in package.json. */
const API_FLAGS = ['--max-semi-space-size=32']
const API_ENV = { UV_THREADPOOL_SIZE: '2' }

export type Kind = 'API' | 'worker'

/** How many of each. */
type Counts = Record<Kind, number>

/** A process that another one, of another version, has taken the place of. */
export interface Replacement {
  name: string
  from: string
  to: string
  readySeconds: number
  ended: Ended
}

/** Processes behind nginx, with WeChat beside them. */
export interface Deployment {
  /** Of nginx, without a path. */
  url: string
  sandbox: Sandbox
  processes: Record<Kind, Running[]>
  migrate(release: Release): Promise<void>
  /** Inserts the demo data. */
  seed(release: Release): Promise<void>
  /** Starts all processes, and nginx before them. */
  start(release: Release): Promise<void>
  /** Starts one more process, lets nginx know, and then stops the one whose place it takes. */
  replace(kind: Kind, index: number, release: Release): Promise<Replacement>
}

interface DeploymentInput {
  servers: Servers
  counts: Counts
  /** Those of the sandbox's merchant; new ones by default. */
  credentials?: Credentials
  /** Changes the environment of every process. */
  env?: Record<string, string>
}

/** Opens the sandbox, and knows how everything else is started. */
export async function openDeployment(place: Place, input: DeploymentInput): Promise<Deployment> {
  const { servers, counts, credentials, env } = input
  const port = await freePort()
  const url = `https://localhost:${port}`
  const certificate = await makeCertificate(place)
  const sandbox = await openSandbox({ notifyUrl: `${url}/wechat/pay/notify`, ...(credentials && { credentials }) })
  place.atEnd(() => sandbox.close())
  const settings: Record<string, string> = { ...SETTINGS, ...sandbox.env, ...servers, ...env }
  const processes: Deployment['processes'] = { API: [], worker: [] }
  let front: Front | undefined
  const startOne = async (kind: Kind, index: number, release: Release) => {
    const program = kind === 'API' ? { source: 'src/api.ts', flags: API_FLAGS } : { source: 'src/worker.ts' }
    const name = `${kind} ${index + 1}`
    const env = kind === 'API' ? { ...settings, ...API_ENV } : settings
    return startProcess(place, { ...program, name, release, port: await freePort(), env })
  }
  const startAll = (kind: Kind, release: Release) =>
    Promise.all(Array.from({ length: counts[kind] }, (_, index) => startOne(kind, index, release)))
  const apiPorts = () => processes.API.map((api) => api.port)
  return {
    url,
    sandbox,
    processes,
    migrate: (release) => runCommand(place, release, 'scripts/db-migrate.ts', settings),
    seed: (release) => runCommand(place, release, 'prisma/seed.ts', settings),
    start: async (release) => {
      processes.API = await startAll('API', release)
      processes.worker = await startAll('worker', release)
      front = await openFront(place, { port, certificate, apiPorts: apiPorts() })
    },
    replace: async (kind, index, release) => {
      const old = processes[kind][index]
      if (!old) throw new Error(`there is no ${kind} ${index + 1} to be replaced`)
      const next = await startOne(kind, index, release)
      processes[kind][index] = next
      if (kind === 'API') {
        await front?.balance(apiPorts())
        await sleep(HAND_OVER_MS, undefined, { signal: place.signal })
      }
      const ended = await old.stop()
      return { name: old.name, from: old.version, to: next.version, readySeconds: next.readySeconds, ended }
    },
  }
}

const SETTINGS = {
  // Production refuses the sandbox.
  NODE_ENV: 'development',
  LOG_LEVEL: 'info',
  SESSION_SECRET: 'a secret of the rehearsal that is long enough',
  // nginx.
  TRUSTED_PROXIES: '1',
  // All guests come from one address.
  RATE_LIMIT_FACTOR: '1000',
}
