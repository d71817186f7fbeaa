import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type AppConfig, loadConfig, type Role } from '../../../src/config.ts'
import { type Pod, pods, read } from '../../harness/manifests.ts'

const guide = read('README.md')
const settings = read('settings.env')
const entrypoint = readFileSync('deploy/container/entrypoint.sh', 'utf8')
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts

/** The keys of each secret that the guide has made. */
const secrets = Object.fromEntries(
  [...guide.matchAll(/secret generic (\S+)((?:.*\\\n)*.*)/g)].map(([, name = '', rest = '']) => [
    name,
    [...rest.matchAll(/--from-(?:literal|file)=(\w+)=/g)].map(([, key = '']) => key),
  ]),
)

const keyOf = (type: 'privateKey' | 'publicKey') =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })[type]

/** What an operator gives. */
const GIVEN: Record<string, string> = {
  DATABASE_URL: 'postgresql://looklook@postgres.internal/looklook',
  REDIS_URL: 'rediss://redis.internal',
  SESSION_SECRET: 'a secret of the tests that is long enough',
  WECHAT_APP_ID: 'wx8888888888888888',
  WECHAT_APP_SECRET: '0123456789abcdef0123456789abcdef',
  WECHAT_PAY_MCH_ID: '1900000109',
  WECHAT_PAY_MCH_CERT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
  WECHAT_PAY_MCH_PRIVATE_KEY: keyOf('privateKey'),
  WECHAT_PAY_API_V3_KEY: 'ThisKeyIsOnlyForThisTestFile0001',
  WECHAT_PAY_PUBLIC_KEY: keyOf('publicKey'),
  WECHAT_PAY_NOTIFY_URL: 'https://pay.example.com/wechat/pay/notify',
  CONSOLE_URL: 'https://console.example.com',
}

const containerOf = ({ template }: Pod) => template.spec?.containers[0]

const settingsGiven = Object.fromEntries(
  [...settings.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value || (GIVEN[name] ?? '')]),
)

/** The environment of a pod's process: settings, the secrets that it refers to, and what is its own. */
function environmentOf(pod: Pod): Record<string, string> {
  const { env = [], envFrom = [] } = containerOf(pod) ?? {}
  const hasSettings = envFrom.some(({ configMapRef }) => configMapRef?.name === 'looklook-pay-settings')
  const keys = envFrom.flatMap(({ secretRef }) =>
    secretRef ? (secrets[secretRef.name ?? ''] ?? ['no such secret']) : [],
  )
  return {
    ...(hasSettings
      ? { ...settingsGiven, WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119000001092026010100000000000001' }
      : {}),
    ...Object.fromEntries(keys.map((key) => [key, GIVEN[key] ?? ''])),
    ...Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
  }
}

const componentsWith = (key: string) =>
  pods.filter((pod) => key in environmentOf(pod)).map(({ component }) => component)

describe('a pod of deploy/kubernetes', () => {
  test('runs a program of the image, which gives it the limits that npm gives it', () => {
    const programs = pods.map((pod) => containerOf(pod)?.args?.join(' ') ?? '')
    expect(programs.toSorted()).toEqual(['api', 'console', 'db-migrate', 'worker'])
    for (const program of programs) expect(entrypoint).toMatch(new RegExp(`^  (.* )?${program}( .*)?\\)`, 'm'))
    const limits = scripts['api']?.match(/--max-\S+|UV_\S+/g) ?? []
    expect(limits).toHaveLength(2)
    for (const limit of limits) expect(entrypoint.replaceAll('"', '')).toContain(limit)
    const named = [...guide.matchAll(/node dist\/(\S+)\.js/g)].map(([, file = '']) => file)
    expect(named.filter((file) => !existsSync(`${file}.ts`))).toEqual([])
  })

  test('names settings that exist, alone', () => {
    const known = new Set(
      readFileSync('.env.example', 'utf8')
        .match(/^# [A-Z][A-Z0-9_]*(?==)/gm)
        ?.map((line) => line.slice(2)),
    )
    const names = [...pods.flatMap((pod) => Object.keys(environmentOf(pod))), ...Object.values(secrets).flat()]
    expect(new Set(names).size).toBeGreaterThan(15)
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })

  test('gives each process the settings that it needs, no secret beyond them, and the ports that probes ask', () => {
    const configs = Object.fromEntries(
      pods.map((pod) => [pod.component, loadConfig(environmentOf(pod), pod.component as Role) as AppConfig]),
    )
    const { api, worker, console } = configs
    expect(api).toMatchObject({ server: { host: '0.0.0.0' }, metrics: { host: '0.0.0.0' }, trustedProxies: 1 })
    expect([worker?.server.host, console?.console.host]).toEqual(['0.0.0.0', '0.0.0.0'])
    expect(Object.fromEntries(pods.map(({ component, ports }) => [component, ports]))).toEqual({
      api: { http: api?.server.port, metrics: api?.metrics?.port },
      worker: { http: worker?.server.port },
      console: { http: console?.console.port },
      migrate: {},
    })
    expect(componentsWith('SESSION_SECRET')).toEqual(['api'])
    expect(componentsWith('WECHAT_PAY_API_V3_KEY').toSorted()).toEqual(['api', 'console', 'worker'])
  })

  test('leaves what it cannot know empty, so that no process starts with it', () => {
    const empty = [...settings.matchAll(/^(\w+)=$/gm)].map(([, name]) => name)
    expect(empty).toEqual(expect.arrayContaining(['WECHAT_APP_ID', 'WECHAT_PAY_MCH_ID', 'WECHAT_PAY_NOTIFY_URL']))
  })

  test('probes paths that are served on that port', () => {
    const servedBy: Record<string, string> = {
      'api http': 'src/http/health.ts',
      'api metrics': 'src/http/metrics-server.ts',
      'worker http': 'src/http/health.ts',
      'console http': 'src/console/server.ts',
    }
    for (const pod of pods.filter(({ component }) => component !== 'migrate')) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(pod) ?? {}
      for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
        const { path = '', port = '' } = probe?.httpGet ?? {}
        expect(Object.keys(pod.ports)).toContain(port)
        expect(readFileSync(servedBy[`${pod.component} ${port}`] ?? '', 'utf8')).toContain(`'${path}'`)
      }
    }
  })

  test('lets a pod end by itself, and run with nothing that it does not need', () => {
    const OUR_STOP_SECONDS = 10
    for (const pod of pods) {
      const { terminationGracePeriodSeconds = 30, ...spec } = pod.template.spec ?? { containers: [] }
      const { lifecycle, securityContext, resources } = containerOf(pod) ?? {}
      const asleep = lifecycle?.preStop?.sleep?.seconds ?? 0
      expect(terminationGracePeriodSeconds).toBeGreaterThan(asleep + OUR_STOP_SECONDS)
      expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(Object.keys(resources?.limits ?? {})).toEqual(['memory'])
    }
  })
})
