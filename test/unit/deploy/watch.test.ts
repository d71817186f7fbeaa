import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openMetrics } from '../../../src/infra/metrics.ts'
import { labelsIn, metricsIn, readAlerts, readPanels } from '../../harness/metrics.ts'

const alerts = readAlerts()
const asked = [...alerts, ...readPanels()]
const guide = readFileSync('docs/operations.md', 'utf8')

/** The labels of each metric of ours. */
const labelsOf = new Map(
  openMetrics()
    .registry.getMetricsAsArray()
    .map((metric) => [metric.name, (metric as { labelNames?: string[] }).labelNames ?? []]),
)

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-')
}

describe('alerts and dashboards', () => {
  test('name metrics that exist, alone', () => {
    const named = asked.map(({ of, expression }) => ({ of, names: metricsIn(expression) }))
    expect(named.length).toBeGreaterThan(60)
    // Prometheus' own `up` is the only other one.
    expect(named.filter(({ names }) => names.length === 0)).toEqual([{ of: 'ProcessDown', names: [] }])
    const ours = named.flatMap(({ names }) => names).filter((name) => name.startsWith('looklook_'))
    expect(ours.filter((name) => !labelsOf.has(name))).toEqual([])
  })

  test('name labels that one of their metrics has, alone', () => {
    const unknown = asked.flatMap(({ of, expression }) => {
      const known = metricsIn(expression).flatMap((name) => labelsOf.get(name) ?? [])
      return labelsIn(expression)
        .filter((label) => !known.includes(label))
        .map((label) => `${of}: ${label}`)
    })
    expect(unknown).toEqual([])
  })

  test('each alert names a section of the guide', () => {
    const sections = [...guide.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
    expect(alerts.length).toBeGreaterThan(20)
    const known = sections.map((section) => `docs/operations.md#${section}`)
    expect(alerts.filter(({ runbook }) => !known.includes(runbook))).toEqual([])
  })

  test('each alert has its tests for promtool, of which one raises it', () => {
    const tests = readFileSync('deploy/prometheus/alerts.test.yaml', 'utf8')
    const untested = alerts.filter(
      ({ of }) => !tests.includes(`alertname: ${of},`) || !tests.includes(`alertname: ${of}\n`),
    )
    expect(untested.map(({ of }) => of)).toEqual([])
  })
})
