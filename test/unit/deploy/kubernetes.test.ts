import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { openMetrics } from '../../../src/infra/metrics.ts'
import { all, KUBERNETES, parseFile, pods, read, select } from '../../harness/manifests.ts'

const guide = read('README.md')

/** What a selector of this name finds. */
const found = (name = '', selector = {}) => ({ name, found: select(pods, selector).map((pod) => pod.component) })

/** What it finds where it is about the pods of its own name. */
const itself = (name = '') => ({ name, found: [name.replace('looklook-pay-', '')] })

const replicasOf = (name: string) =>
  all('Deployment').find(({ metadata }) => metadata?.name === name)?.spec?.replicas ?? 0

describe('deploy/kubernetes', () => {
  test('kustomize is told of every file', () => {
    type Listed = { resources: string[]; configMapGenerator?: { envs: string[] }[]; patches?: { path: string }[] }
    const listed = ['', 'prometheus/'].flatMap((folder) => {
      const { resources, configMapGenerator = [], patches = [] } = parseFile(`${folder}kustomization.yaml`) as Listed
      const named = [
        ...resources,
        ...configMapGenerator.flatMap(({ envs }) => envs),
        ...patches.map(({ path }) => path),
      ]
      return [`${folder}kustomization.yaml`, ...named.map((file) => `${folder}${file}`)]
    })
    const files = globSync('**/*.{yaml,env}', { cwd: KUBERNETES })
    expect(listed.toSorted()).toEqual(files.toSorted())
  })

  test('selectors find what they are about', () => {
    for (const { spec } of all('Deployment'))
      expect(spec?.selector.matchLabels).toEqual(spec?.template.metadata?.labels)
    for (const { metadata, spec } of all('PodDisruptionBudget'))
      expect(found(metadata?.name, spec?.selector)).toEqual(itself(metadata?.name))
    for (const { metadata, spec } of all('Service')) {
      expect(found(metadata?.name, { matchLabels: spec?.selector })).toEqual(itself(metadata?.name))
      const [pod] = select(pods, { matchLabels: spec?.selector })
      for (const { targetPort = '', port } of spec?.ports ?? []) expect(pod?.ports[targetPort]).toBe(port)
    }
    for (const { spec } of all('NetworkPolicy')) {
      const selected = select(pods, spec?.podSelector ?? {})
      expect(selected).not.toEqual([])
      const named = (spec?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port = '' }) => port))
      for (const port of named) expect(Object.keys(selected[0]?.ports ?? {})).toContain(port)
    }
    const scaled = all('HorizontalPodAutoscaler').map(({ spec }) => spec?.scaleTargetRef.name)
    const deployments = all('Deployment').map(({ metadata }) => metadata?.name)
    expect(deployments).toEqual(expect.arrayContaining(scaled))
    // An autoscaler and a number would contradict each other at every rollout.
    expect(
      all('Deployment')
        .filter(({ spec }) => spec?.replicas === undefined)
        .map(({ metadata }) => metadata?.name),
    ).toEqual(scaled)
  })

  test('each way in ends at a port of a service', () => {
    const services = all('Service').map(({ metadata, spec }) => [metadata?.name, spec?.ports?.map(({ name }) => name)])
    const backends = all('Ingress').flatMap(({ spec }) =>
      (spec?.rules ?? []).flatMap(({ http }) =>
        (http?.paths ?? []).map(({ path, backend }) => ({ path, ...backend.service })),
      ),
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
    const ours = openMetrics()
      .registry.getMetricsAsArray()
      .map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(ours).toEqual(expect.arrayContaining(names))
    for (const name of names) expect(guide).toContain(`seriesQuery: ${name}{`)
  })

  test('has the alert rules of deploy/prometheus for its operator', () => {
    const printed = parse(execFileSync(`${KUBERNETES}/prometheus/alert-rules.sh`, { encoding: 'utf8' })) as {
      spec: object
    }
    expect(printed.spec).toEqual(parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')))
  })

  test('the guide adds up the connections to PostgreSQL, with one pod more of each', () => {
    const [scaling] = all('HorizontalPodAutoscaler')
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
