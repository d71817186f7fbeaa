import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import { expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { KUBERNETES, manifests, read } from '../../harness/manifests.ts'

const run = promisify(execFile)

/** In CI too it may be missing: what Debian has is older than what kustomization.yaml needs. */
const hasKustomize = spawnSync('kubectl', ['kustomize', '--help']).status === 0
if (!hasKustomize)
  process.stderr.write('kubectl is not in the PATH: the kustomization of deploy/kubernetes is not built\n')

/** Where the types of an API are published, by its `apiVersion`. */
function typesOf(apiVersion: string): string {
  if (apiVersion === 'monitoring.coreos.com/v1')
    return '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return `kubernetes-types/${group.replace('.k8s.io', '')}/${version}`
}

/** What the compiler says of documents as values of their published types, as it does of fields that don't exist. */
async function compile(documents: Record<string, { apiVersion: string; kind: string }>): Promise<string[]> {
  const folder = await makeFolder()
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
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    types: [],
  }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: files.map(({ name }) => name) }),
  )
  const { stdout } = await run(resolve('node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error)
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
  expect(errors).toEqual([expect.stringMatching(/^misspelt\.ts.*readinesProbe/)])
})

test('what the Prometheus operator reads is as its schema wants it', async () => {
  const monitors = manifests.filter(({ kind }) => kind === 'ServiceMonitor')
  expect(monitors).toHaveLength(2)
  for (const { document } of monitors) new ServiceMonitor(document as never).validate()
  const { stdout } = await run(`${KUBERNETES}/prometheus/alert-rules.sh`)
  new PrometheusRule(parse(stdout) as never).validate()
})

test.skipIf(!hasKustomize)(
  'the kustomization of the guide builds, with settings, image and hosts of its own',
  async () => {
    const [, mine = ''] = /```yaml\n(# my\/[^]*?)```/.exec(read('README.md')) ?? []
    const folder = await makeFolder()
    await cp(KUBERNETES, join(folder, KUBERNETES), { recursive: true })
    const own = join(folder, 'my/looklook-pay')
    await mkdir(own, { recursive: true })
    await writeFile(join(own, 'kustomization.yaml'), mine)
    await writeFile(join(own, 'settings.env'), 'WECHAT_APP_ID=wx8888888888888888\n')

    const { stdout } = await run('kubectl', ['kustomize', own])
    const built = parseAllDocuments(stdout).map(
      (each) => each.toJS() as { kind: string; data?: Record<string, string> },
    )
    // The settings are generated.
    expect(built.map(({ kind }) => kind).toSorted()).toEqual(
      [...manifests.map(({ kind }) => kind), 'ConfigMap'].toSorted(),
    )
    expect(built.find(({ kind }) => kind === 'ConfigMap')?.data).toMatchObject({
      WECHAT_APP_ID: 'wx8888888888888888',
      TRUSTED_PROXIES: '1',
    })
    const found = (pattern: RegExp) => [...new Set([...stdout.matchAll(pattern)].map(([, value]) => value))]
    expect(found(/image: (.*)/g)).toEqual(['registry.shop.example/looklook-pay:0.1.0'])
    expect(found(/host: (.*)/g)).toEqual(['pay.shop.example', 'console.shop.example'])
    expect(found(/name: (looklook-pay-settings.*)/g)).toHaveLength(1)
    expect(stdout).toContain('name: looklook_open_sockets')
  },
)

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'looklook-kubernetes-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
