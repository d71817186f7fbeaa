import { globSync, readFileSync } from 'node:fs'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { Job } from 'kubernetes-types/batch/v1.js'
import type { Namespace, PodTemplateSpec, Service } from 'kubernetes-types/core/v1.js'
import type { LabelSelector } from 'kubernetes-types/meta/v1.js'
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import { parse, parseAllDocuments } from 'yaml'

export const KUBERNETES = 'deploy/kubernetes'

interface ServiceMonitor {
  metadata: { name: string }
  spec: { selector: LabelSelector; endpoints: { port: string }[] }
}

/** The kinds of documents that are there. */
interface Kinds {
  Deployment: Deployment
  HorizontalPodAutoscaler: HorizontalPodAutoscaler
  Ingress: Ingress
  Job: Job
  Namespace: Namespace
  NetworkPolicy: NetworkPolicy
  PodDisruptionBudget: PodDisruptionBudget
  Service: Service
  ServiceMonitor: ServiceMonitor
}

interface Manifest {
  file: string
  kind: keyof Kinds
  document: { apiVersion: string; kind: keyof Kinds }
}

/** What else kustomize reads. */
const OTHERS = ['kustomization.yaml', 'prometheus/kustomization.yaml', 'prometheus/scale-by-sockets.yaml']

/** Every document for a cluster, that of the autoscaler with the open sockets. */
export const manifests: Manifest[] = globSync('**/*.yaml', { cwd: KUBERNETES })
  .filter((file) => !OTHERS.includes(file))
  .toSorted()
  .flatMap((file) =>
    parseAllDocuments(read(file)).map((parsed) => {
      if (parsed.errors.length > 0) throw parsed.errors[0]
      const document = parsed.toJS() as Manifest['document']
      return { file, kind: document.kind, document }
    }),
  )

const [autoscaler] = all('HorizontalPodAutoscaler')
const patches = parseFile('prometheus/scale-by-sockets.yaml') as { op: string; path: string; value: never }[]
for (const { op, path, value } of patches) {
  if (op !== 'add' || path !== '/spec/metrics/-') throw new Error(`${op} ${path} isn't carried out here`)
  autoscaler?.spec?.metrics?.push(value)
}

/** All documents of a kind. */
export function all<Kind extends keyof Kinds>(kind: Kind): Kinds[Kind][] {
  return manifests.filter((each) => each.kind === kind).map(({ document }) => document as unknown as Kinds[Kind])
}

export function read(file: string): string {
  return readFileSync(`${KUBERNETES}/${file}`, 'utf8')
}

export function parseFile(file: string): unknown {
  return parse(read(file))
}

/** A process of ours as a Deployment or a Job runs it. */
export interface Pod {
  /** `api`, `worker`, `console` or `migrate`. */
  component: string
  labels: Record<string, string>
  template: PodTemplateSpec
  /** The numbers of its ports, by their names. */
  ports: Record<string, number>
}

export const pods: Pod[] = [...all('Deployment'), ...all('Job')].map(({ spec }) => {
  const template = spec?.template
  const [container] = template?.spec?.containers ?? []
  if (!template || !container) throw new Error('A pod has one container')
  const ports = (container.ports ?? []).map(({ name = '', containerPort }) => [name, containerPort])
  return {
    component: container.name,
    labels: template.metadata?.labels ?? {},
    template,
    ports: Object.fromEntries(ports) as Pod['ports'],
  }
})

/** The pods, or whatever has labels, that a selector finds. */
export function select<Labelled extends { labels: Record<string, string> }>(
  from: Labelled[],
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
): Labelled[] {
  return from.filter(
    ({ labels }) =>
      Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
      matchExpressions.every(({ key, operator, values = [] }) => {
        if (operator !== 'In') throw new Error(`${operator} isn't carried out here`)
        return values.includes(labels[key] ?? '')
      }),
  )
}
