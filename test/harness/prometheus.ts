import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AtEnd } from './processes.ts'
import { hasProgram } from './programs.ts'
import { freePort } from './redis.ts'
import { makeScratch } from './scratch.ts'
import { until } from './until.ts'

/** Whether there are a Prometheus and its promtool. */
export const canRunPrometheus = () =>
  ['prometheus', 'promtool'].every((program) =>
    hasProgram(program, { package: 'prometheus', without: 'the tests that need it are skipped' }),
  )

interface Rule {
  name: string
  health: 'unknown' | 'ok' | 'err'
}

export interface Prometheus {
  /** The value of each series that a PromQL expression finds, by its labels as JSON. */
  query(expression: string): Promise<Record<string, number>>
  /** The rules that it has loaded, and what came of evaluating them. */
  rules(): Promise<Rule[]>
  /** The names of all metrics that are scraped, also of those without a series yet. */
  metricNames(): Promise<string[]>
}

/** Whether promtool finds each alert raised beyond its threshold, and none at it; else it says what it expected, and got. */
export function testAlerts(): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('promtool', ['test', 'rules', 'deploy/prometheus/alerts.test.yaml'], {
    encoding: 'utf8',
  })
  return { status, stderr }
}

/** The URLs of the processes that are scraped. */
export interface Targets {
  apis: string[]
  workers: string[]
}

const listed = (urls: string[]) => urls.map((url) => `'${new URL(url).host}'`).join(', ')

/**
 * A Prometheus with the configuration of deploy/prometheus, which scrapes these in place of the processes that are named there,
 * and more often. It ends with what `atEnd` says, and keeps nothing.
 */
export async function startPrometheus({ apis, workers }: Targets, atEnd: AtEnd): Promise<Prometheus> {
  const folder = await makeScratch('looklook-prometheus-')
  const port = await freePort()
  const config = readFileSync('deploy/prometheus/prometheus.yml', 'utf8')
    .replace("'127.0.0.1:9464'", listed(apis))
    .replace("'127.0.0.1:4001'", listed(workers))
    .replace('alerts.yaml', resolve('deploy/prometheus/alerts.yaml'))
    .replaceAll('15s', '1s')
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, config)
  const paths = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const url = `http://127.0.0.1:${port}`
  const process = spawn('prometheus', [...paths, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'])
  let output = ''
  process.stderr.on('data', (chunk) => (output += String(chunk)))
  const ended = new Promise((end) => process.once('close', end))
  atEnd(async () => {
    process.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  })
  await until('Prometheus is ready', async () => {
    if (process.exitCode !== null) throw new Error(`Prometheus isn't ready:\n${output}`)
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
    await answer?.arrayBuffer()
    return answer?.ok || undefined
  })
  return clientOf(url)
}

function clientOf(url: string): Prometheus {
  const read = async <Data>(path: string): Promise<Data> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as { status: string; data: Data }
    if (answer.status !== 'success') throw new Error(`Prometheus answers ${path} by ${JSON.stringify(answer)}`)
    return answer.data
  }
  return {
    async query(expression) {
      type Found = { result: { metric: object; value: [number, string] }[] }
      const { result } = await read<Found>(`query?query=${encodeURIComponent(expression)}`)
      return Object.fromEntries(result.map(({ metric, value }) => [JSON.stringify(metric), Number(value[1])]))
    },
    rules: async () => (await read<{ groups: { rules: Rule[] }[] }>('rules')).groups.flatMap(({ rules }) => rules),
    async metricNames() {
      const known = await read<{ metric: string }[]>('targets/metadata')
      return [...new Set(known.map(({ metric }) => metric))]
    },
  }
}
