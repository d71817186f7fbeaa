import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type AppConfig, loadConfig, type Role } from '../../../src/config.ts'
import { openMetrics } from '../../../src/infra/metrics.ts'
import { all, KUBERNETES, manifests, type Pod, parseFile, pods, read, select } from '../../harness/manifests.ts'

const guide = read('README.md')
const settings = read('settings.env')
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
  const keys = envFrom.flatMap(({ secretRef }) => (secretRef ? (secrets[secretRef.name ?? ''] ?? ['no such secret']) : []))
  return {
    ...(hasSettings ? { ...settingsGiven, WECHAT_PAY_PUBLIC_KEY_ID: 'PUB_KEY_ID_0119000001092026010100000000000001' } : {}),
    ...Object.fromEntries(keys.map((key) => [key, GIVEN[key] ?? ''])),
    ...Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
  }
}

describe('deploy/kubernetes', () => {
  test('kustomize is told of every file', () => {
    type Listed = { resources: string[]; configMapGenerator?: { envs: string[] }[]; patches?: { path: string }[] }
    const listed = ['', 'prometheus/'].flatMap((folder) => {
      const { resources, configMapGenerator = [], patches = [] } = parseFile<Listed>(`${folder}kustomization.yaml`)
      const named = [...resources, ...configMapGenerator.flatMap(({ envs }) => envs), ...patches.map(({ path }) => path)]
      return [`${folder}kustomization.yaml`, ...named.map((file) => `${folder}${file}`)]
    })
    const files = globSync('**/*.{yaml,env}', { cwd: KUBERNETES })
    expect(listed.toSorted()).toEqual(files.toSorted())
  })

  test('runs what is built, with the limits that npm gives it', () => {
    const commands = pods.map((pod) => containerOf(pod)?.command?.join(' ') ?? '')
    const built = ['api', 'worker', 'console', 'db:migrate'].map((name) => {
      const script = scripts[name] ?? ''
      const limits = script.match(/--max-\S+/g) ?? []
      return ['node', ...limits, `dist/${/(\S+)\.ts/.exec(script)?.[1] ?? ''}.js`].join(' ')
    })
    expect(commands.toSorted()).toEqual(built.toSorted())
    const named = [...guide.matchAll(/node dist\/(\S+)\.js/g)].map(([, file = '']) => file)
    expect(named.filter((file) => !existsSync(`${file}.ts`))).toEqual([])
  })

  test('names settings that exist, alone', () => {
    const known = new Set(readFileSync('.env.example', 'utf8').match(/^# [A-Z][A-Z0-9_]*(?==)/gm)?.map((line) => line.slice(2)))
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
    const having = (key: string) => pods.filter((pod) => key in environmentOf(pod)).map(({ component }) => component)
    expect(having('SESSION_SECRET')).toEqual(['api'])
    expect(having('WECHAT_PAY_API_V3_KEY').toSorted()).toEqual(['api', 'console', 'worker'])
  })

  test('leaves what it cannot know empty, so that no process starts with it', () => {
    const empty = [...settings.matchAll(/^(\w+)=$/gm)].map(([, name]) => name)
    expect(empty).toEqual(expect.arrayContaining(['WECHAT_APP_ID', 'WECHAT_PAY_MCH_ID', 'WECHAT_PAY_NOTIFY_URL']))
  })

  test('probes paths that are served on that port', () => {
    const servedBy: Record<string, string> = {
      'api http': 'src/http/operations.ts',
      'api metrics': 'src/http/metrics-server.ts',
      'worker http': 'src/http/operations.ts',
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

  test('selectors find what they are about', () => {
    for (const { spec } of all('Deployment'))
      expect(spec?.selector.matchLabels).toEqual(spec?.template.metadata?.labels)
    const found = (name: string, selector = {}) => ({ name, found: select(pods, selector).map((pod) => pod.component) })
    for (const { metadata, spec } of all('PodDisruptionBudget'))
      expect(found(metadata?.name ?? '', spec?.selector)).toEqual(itself(metadata?.name))
    for (const { metadata, spec } of all('Service')) {
      expect(found(metadata?.name ?? '', { matchLabels: spec?.selector })).toEqual(itself(metadata?.name))
      const [pod] = select(pods, { matchLabels: spec?.selector })
      for (const { targetPort = '', port } of spec?.ports ?? []) expect(pod?.ports[targetPort]).toBe(port)
    }
    for (const { metadata, spec } of all('NetworkPolicy')) {
      const pods_ = select(pods, spec?.podSelector ?? {})
      expect(pods_, metadata?.name).not.toEqual([])
      const named = (spec?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port = '' }) => port))
      for (const port of named) expect(Object.keys(pods_[0]?.ports ?? {})).toContain(port)
    }
    const scaled = all('HorizontalPodAutoscaler').map(({ spec }) => spec?.scaleTargetRef.name)
    const deployments = all('Deployment').map(({ metadata }) => metadata?.name)
    expect(deployments).toEqual(expect.arrayContaining(scaled))
    // An autoscaler and a number would contradict each other at every rollout.
    expect(all('Deployment').filter(({ spec }) => spec?.replicas === undefined).map(({ metadata }) => metadata?.name)).toEqual(scaled)
  })

  test('each way in ends at a port of a service', () => {
    const services = all('Service').map(({ metadata, spec }) => [metadata?.name, spec?.ports?.map(({ name }) => name)])
    const backends = all('Ingress').flatMap(({ spec }) =>
      (spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ path, backend }) => ({ path, ...backend.service }))),
    )
    expect(backends.map(({ path }) => path)).toEqual(['/graphql', '/wechat/pay/notify', '/'])
    for (const { name, port } of backends) expect(Object.fromEntries(services)[name ?? '']).toContain(port?.name)
  })

  test('Prometheus finds the processes under the names that alerts and dashboards ask for', () => {
    const services = all('Service').map(({ metadata, spec }) => ({
      name: metadata?.name ?? '',
      labels: metadata?.labels ?? {},
      ports: spec?.ports?.map(({ name }) => name),
    }))
    const jobs = all('ServiceMonitor').flatMap(({ spec }) => {
      const found = select(services, spec.selector)
      for (const { ports } of found) expect(ports).toContain(spec.endpoints[0]?.port)
      return found.map(({ name }) => name)
    })
    const scraped = readFileSync('deploy/prometheus/prometheus.yml', 'utf8').matchAll(/job_name: (\S+)/g)
    expect(jobs).toEqual([...scraped].map(([, job]) => job))
  })

  test('scales by metrics that exist', () => {
    const metrics = all('HorizontalPodAutoscaler').flatMap(({ spec }) => spec?.metrics ?? [])
    const names = metrics.flatMap(({ pods: ofPods }) => (ofPods ? [ofPods.metric.name] : []))
    const ours = openMetrics().registry.getMetricsAsArray().map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(ours).toEqual(expect.arrayContaining(names))
    for (const name of names) expect(guide).toContain(`seriesQuery: ${name}{`)
  })

  test('has the alert rules of deploy/prometheus for its operator', () => {
    const printed = parse(execFileSync(`${KUBERNETES}/prometheus/alert-rules.sh`, { encoding: 'utf8' })) as { spec: object }
    expect(printed.spec).toEqual(parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')))
  })

  test('the guide adds up the connections to PostgreSQL, with one pod more of each', () => {
    const [scaling] = all('HorizontalPodAutoscaler')
    const replicasOf = (name: string) => all('Deployment').find(({ metadata }) => metadata?.name === name)?.spec?.replicas ?? 0
    const [, api, worker, console, sum] = (
      /(\d+) for each API pod, (\d+) for each worker and (\d+) for the console,[^:]*: (\d+)/.exec(guide) ?? []
    ).map(Number)
    const most = [
      [api, scaling?.spec?.maxReplicas],
      [worker, replicasOf('looklook-pay-worker')],
      [console, replicasOf('looklook-pay-console')],
    ].reduce((total, [connections = 0, replicas = 0]) => total + connections * (replicas + 1), 0)
    expect(sum).toBe(most)
  })
})

/** What a selector finds that is about the pods of its own name. */
function itself(name = '') {
  return { name, found: [name.replace('looklook-pay-', '')] }
}
