import { globSync, readFileSync } from 'node:fs'
import type { Metrics } from '../../src/infra/metrics.ts'

/** What a rule or a panel asks Prometheus, and what it is called. */
export interface Asked {
  of: string
  expression: string
}

/** The expressions of all alert rules. */
export function readAlerts(): (Asked & { runbook: string })[] {
  const text = readFileSync('deploy/prometheus/alerts.yaml', 'utf8')
  return text
    .split('- alert: ')
    .slice(1)
    .map((rule) => ({
      of: /^\w+/.exec(rule)?.[0] ?? '',
      expression: /expr: (?:>-\n)?([^]*?)\n +(?:for|annotations):/.exec(rule)?.[1] ?? '',
      runbook: /runbook: (.*)/.exec(rule)?.[1] ?? '',
    }))
}

/** The expressions of all panels of all dashboards. */
export function readPanels(): Asked[] {
  return globSync('deploy/grafana/*.json').flatMap((path) => {
    const { panels } = JSON.parse(readFileSync(path, 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[]
    }
    return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ of: title, expression: expr })))
  })
}

/** The metrics that an expression names, but for `up`, which is Prometheus' own; of a histogram its own name. */
export function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:looklook|nodejs|process)_\w+/g) ?? []
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ''))
}

/** The labels that an expression names, but for those that Prometheus adds. */
export function labelsIn(expression: string): string[] {
  const matched = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label)
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, */))
  return [...matched, ...grouped].filter((label) => !['le', 'job', 'instance'].includes(label))
}

/** What a metric of ours stands at, by its name and its labels; 0 where it has no such series. */
export async function valueOf(
  { registry }: Pick<Metrics, 'registry'>,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const { values = [] } = (await registry.getSingleMetric(name.replace(/_(?:sum|count)$/, ''))?.get()) ?? {}
  const isMeant = (each: (typeof values)[number]) =>
    !('metricName' in each && each.metricName !== name) &&
    Object.entries(labels).every(([label, value]) => String(each.labels[label]) === value)
  return values.filter(isMeant).reduce((sum, { value }) => sum + value, 0)
}
