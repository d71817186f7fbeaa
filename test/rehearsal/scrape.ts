import { metricsIn, readAlerts, readPanels } from '../harness/metrics.ts'
import { startPrometheus } from '../harness/prometheus.ts'
import { until } from '../harness/until.ts'
import type { Deployment } from './deployment.ts'
import type { Place } from './place.ts'

const urlsOf = (processes: { url: string }[]) => processes.map(({ url }) => url)

export interface Scraped {
  targets: number
  /** Alert rules, all of which could be evaluated. */
  rules: number
  metrics: number
  paid: number
}

/**
 * Has a Prometheus scrape all processes by what is in deploy/prometheus.
 *
 * @throws {Error} when a process doesn't answer, runs another version, or an alert or a panel asks for what nobody measures.
 */
export async function scrape(
  { atEnd, signal }: Place,
  { API, worker }: Deployment['processes'],
  version: string,
): Promise<Scraped> {
  const prometheus = await startPrometheus({ apis: urlsOf(API), workers: urlsOf(worker) }, atEnd)
  const targets = API.length + worker.length
  const find = async (expression: string) => Object.values(await prometheus.query(expression))[0]
  const areUp = async () => (await find('sum(up)')) === targets || undefined
  await until(`Prometheus scrapes ${targets} processes`, areUp, { signal })
  const ofVersion = await find(`sum(looklook_build_info{version="${version}"})`)
  if (ofVersion !== targets) throw new Error(`Prometheus sees ${ofVersion} processes of ${version}, and not ${targets}`)

  const asked = [...readAlerts(), ...readPanels()].flatMap(({ expression }) => metricsIn(expression))
  const known = await prometheus.metricNames()
  const unknown = [...new Set(asked)].filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`nobody measures ${unknown.join(', ')}`)

  const areEvaluated = async () => {
    const rules = await prometheus.rules()
    return rules.length === readAlerts().length && rules.every(({ health }) => health !== 'unknown') ? rules : undefined
  }
  const rules = await until('Prometheus evaluates all rules', areEvaluated, { signal })
  const broken = rules.filter(({ health }) => health !== 'ok').map(({ name }) => name)
  if (broken.length > 0) throw new Error(`Prometheus can't evaluate ${broken.join(', ')}`)
  const paid = (await find('sum(looklook_payment_transitions_total{to="SUCCESS"})')) ?? 0
  return { targets, rules: rules.length, metrics: known.length, paid }
}
