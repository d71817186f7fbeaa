import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { KUBERNETES, manifests, read } from '../../harness/manifests.ts'

const run = promisify(execFile)

/** Where the types of an API are published, by its `apiVersion`. */
function typesOf(apiVersion: string): string {
  if (apiVersion === 'monitoring.coreos.com/v1')
    return '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return `kubernetes-types/${group.replace('.k8s.io', '')}/${version}`
}

/** What the compiler says of documents as values of their published types, as it does of fields that don't exist. */
async function compile(documents: Record<string, { apiVersion: string; kind: string }>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'looklook-kubernetes-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  const files = Object.entries(documents).map(([name, document]) => {
    const type = document.apiVersion.startsWith('monitoring') ? `I${document.kind}` : document.kind
    const lines = [
      `import type { ${type} } from '${typesOf(document.apiVersion)}'`,
      `export const document: ${type} = ${JSON.stringify(document, null, 2)}`,
    ]
    return { name: `${name}.ts`, text: lines.join('\n') }
  })
  await Promise.all(files.map(({ name, text }) => writeFile(join(folder, name), text)))
  const compilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: 'esnext', moduleResolution: 'bundler', types: [] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: files.map(({ name }) => name) }))
  const { stdout } = await run(resolve('node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  )
  return stdout.split('\n').filter((line) => line.includes('error TS'))
}

test('every document is of its published type, and a misspelt field would not be', async () => {
  expect(manifests.length).toBeGreaterThan(15)
  const documents = manifests.map(({ file, kind, document }, index) => [
    `${file.replace(/\W/g, '-')}-${kind}-${index}`,
    document,
  ])
  const api = JSON.stringify(manifests.find(({ kind }) => kind === 'Deployment')?.document)
  const misspelt = JSON.parse(api.replace('readinessProbe', 'readinesProbe')) as (typeof manifests)[number]['document']
  const errors = await compile({ ...Object.fromEntries(documents), misspelt })
  expect(errors).toEqual([expect.stringMatching(/^misspelt\.ts.*'readinesProbe'/)])
})

test('what the Prometheus operator reads is as its schema wants it', async () => {
  const monitors = manifests.filter(({ kind }) => kind === 'ServiceMonitor')
  expect(monitors).toHaveLength(2)
  for (const { document } of monitors) new ServiceMonitor(document as never).validate()
  const { stdout } = await run(`${KUBERNETES}/prometheus/alert-rules.sh`)
  new PrometheusRule(parse(stdout) as never).validate()
})

test('what the guide shows is YAML', () => {
  const shown = [...read('README.md').matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => parse(text) as object)
  expect(shown).toEqual([
    expect.objectContaining({ resources: [`../../${KUBERNETES}`], components: [`../../${KUBERNETES}/prometheus`] }),
    [expect.objectContaining({ metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)' })],
  ])
})
