import { existsSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCompose, type Service, variablesIn } from '../../harness/compose.ts'

const compose = readCompose()
const services = Object.entries(compose.services)
const ofOurs = services.filter(([, { image, entrypoint }]) => image === 'looklook-pay' && entrypoint)
const example = readFileSync('.env.example', 'utf8')

/** What each service mounts: from where, and where. */
const mounts = services.flatMap(([name, { volumes = [] }]) =>
  volumes.filter((volume) => volume.includes(':')).map((volume) => ({ name, from: volume.split(':')[0] ?? '' })),
)

const isInExample = (name: string) => new RegExp(`^#? ?${name}=`, 'm').test(example)

/** The host and port of whom a text names, as `api-1:4000`. */
const addressesIn = (text: string) => text.match(/\b[a-z][a-z0-9-]*:\d+\b/g) ?? []

/** Where a service listens. */
function portsOf([name, { environment = {}, command }]: [string, Service]): string[] {
  const { PORT, METRICS_PORT, CONSOLE_PORT } = environment
  const ports = { api: [PORT, METRICS_PORT], worker: [PORT], console: [CONSOLE_PORT] }[command?.[0] ?? ''] ?? []
  return ports.map((port) => `${name}:${port}`)
}

describe('compose.yaml', () => {
  test('is what the specification of Compose allows', () => {
    // The schema of the specification, as a linter of Compose files ships it.
    const { $schema: _draft07, ...schema } = JSON.parse(
      readFileSync('node_modules/dclint/schemas/compose.schema.json', 'utf8'),
    ) as Record<string, unknown>
    const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
    expect([validate(compose), validate.errors]).toEqual([true, null])
  })

  test('takes and passes only variables that .env.example describes, but for what is of Node', () => {
    const passed = ofOurs.flatMap(([, { environment = {} }]) => Object.keys(environment))
    expect(ofOurs.length).toBeGreaterThan(5)
    const names = new Set([...variablesIn('compose.yaml'), ...passed])
    expect([...names].filter((name) => !isInExample(name))).toEqual(['NODE_EXTRA_CA_CERTS'])
  })

  test('mounts files that exist, and volumes and networks that it declares', () => {
    const files = mounts.filter(({ from }) => from.startsWith('./') && from !== './secrets')
    expect(files.length).toBeGreaterThan(5)
    expect(files.filter(({ from }) => !existsSync(from))).toEqual([])
    const volumes = mounts.filter(({ from }) => !from.startsWith('.')).map(({ from }) => from)
    expect(new Set(volumes)).toEqual(new Set(Object.keys(compose.volumes)))
    const networks = new Set(services.flatMap(([, service]) => service.networks ?? ['default']))
    // That one is there by itself.
    expect(networks).toEqual(new Set(['default', ...Object.keys(compose.networks)]))
  })

  test('builds targets that its Dockerfiles have, with arguments that they take', () => {
    const builds = services.flatMap(([, { build }]) => (build ? [build] : []))
    const files = builds.map(({ dockerfile = 'Dockerfile' }) => dockerfile)
    expect(new Set(files)).toEqual(new Set(['Dockerfile', 'packages/sandbox/Dockerfile']))
    for (const { dockerfile = 'Dockerfile', target = '.+', args = {} } of builds) {
      const text = readFileSync(dockerfile, 'utf8')
      expect(text).toMatch(new RegExp(`^FROM .* AS ${target}$`, 'm'))
      for (const name of Object.keys(args)) expect(text).toMatch(new RegExp(`^ARG ${name}=`, 'm'))
    }
  })

  test('keeps what the sandbox writes where its image writes it', () => {
    const image = readFileSync('packages/sandbox/Dockerfile', 'utf8')
    const [, folder = ''] = /^VOLUME \["(.+)"\]$/m.exec(image) ?? []
    const { sandbox, 'hand-over-sandbox': handOver } = compose.services
    expect(sandbox?.volumes).toContain(`wechat:${folder}`)
    expect(handOver?.entrypoint).toContain(`${folder}/sandbox.env`)
  })

  test('lets nothing write to its root, become another user, or run without a bound on its logs', () => {
    const loose = services.filter(
      ([, { read_only, cap_drop, security_opt, logging }]) =>
        !read_only ||
        !cap_drop?.includes('ALL') ||
        !security_opt?.includes('no-new-privileges:true') ||
        logging?.driver !== 'local',
    )
    expect(loose.map(([name]) => name)).toEqual([])
  })

  test('publishes to other machines the port of nginx alone', () => {
    const ports = services.flatMap(([name, service]) => (service.ports ?? []).map((port) => `${name} ${port}`))
    expect(ports.filter((port) => !port.includes(' 127.0.0.1:'))).toEqual(['nginx ${HTTPS_PORT:-443}:443'])
  })

  test('waits for what has a healthcheck or ends, and for no service of a profile that may be off', () => {
    const wrong = services.flatMap(([name, service]) =>
      Object.entries(service.depends_on ?? {})
        .filter(([other, how]) => !isThere(service, other, how))
        .map(([other]) => `${name} -> ${other}`),
    )
    expect(wrong).toEqual([])
  })

  test('names processes by the ports where they listen', () => {
    const listening = services.flatMap(portsOf)
    const { UPSTREAMS = '' } = compose.services['nginx']?.environment ?? {}
    expect(addressesIn(UPSTREAMS)).toEqual(listening.filter((address) => /^api-.*:4000$/.test(address)))
    const scraped = addressesIn(readFileSync('deploy/prometheus/compose.yml', 'utf8'))
    expect(scraped).toEqual(listening.filter((address) => /:(9464|4001)$/.test(address)))
    expect(compose.services['console']?.ports).toEqual(['127.0.0.1:4002:4002'])
  })

  test('fills in what the templates of nginx want', () => {
    for (const { name, from } of mounts.filter(({ from }) => from.endsWith('.template'))) {
      const { environment = {} } = compose.services[name] ?? {}
      expect(new Set(variablesIn(from))).toEqual(new Set(Object.keys(environment)))
    }
  })
})

/** Whether a service can wait for another like this. */
function isThere({ profiles = [] }: Service, other: string, how: { condition: string; required?: boolean }): boolean {
  const service = compose.services[other]
  if (!service) return false
  const isReached =
    how.condition === 'service_completed_successfully' ? service.restart === 'no' : !!service.healthcheck
  const isOn = !service.profiles || service.profiles.every((profile) => profiles.includes(profile))
  return isReached && (isOn || how.required === false)
}

describe('the files beside compose.yaml', () => {
  test('Prometheus has the jobs and rules of prometheus.yml', () => {
    const [alone, composed] = ['prometheus.yml', 'compose.yml'].map((name) => {
      const { scrape_configs: jobs, ...rest } = parse(readFileSync(join('deploy/prometheus', name), 'utf8')) as {
        scrape_configs: { job_name: string }[]
      }
      return { ...rest, jobs: jobs.map(({ job_name: job }) => job) }
    })
    expect(composed).toEqual(alone)
  })

  test('Grafana finds the dashboards where they are mounted', () => {
    const folder = 'deploy/grafana/provisioning'
    const { providers } = parse(readFileSync(join(folder, 'dashboards/looklook-pay.yaml'), 'utf8')) as {
      providers: { options: { path: string } }[]
    }
    const { datasources } = parse(readFileSync(join(folder, 'datasources/prometheus.yaml'), 'utf8')) as {
      datasources: { url: string }[]
    }
    const targets = compose.services['grafana']?.volumes?.map((volume) => normalize(volume.split(':')[1] ?? ''))
    expect(targets).toContain(join(providers[0]?.options.path ?? '', 'overview.json'))
    expect(addressesIn(datasources[0]?.url ?? '')).toEqual(['prometheus:9090'])
  })
})
