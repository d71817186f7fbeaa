import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const tsc = join(process.cwd(), 'node_modules/.bin/tsc')

/** How somebody else's project is compiled: the strictest, without the types of a browser or of Node. */
const strict = { strict: true, noEmit: true, lib: ['es2020'], types: [], skipLibCheck: false }

const use = `const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token' })
client.pay('HO1').then((result) => { if (result.outcome === 'PAID') result.payment.sn.toUpperCase() })
`

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'looklook-client-'))
  await run('node', ['client/build.ts', folder])
  const installed = join(folder, 'node_modules/@looklook-pay/client')
  await mkdir(installed, { recursive: true })
  await cp('client/package.json', join(installed, 'package.json'))
  await cp(join(folder, 'dist'), join(installed, 'dist'), { recursive: true })
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function compile(file: string, source: string, options: object): Promise<string> {
  const config = { compilerOptions: { ...strict, ...options }, files: [file] }
  await writeFile(join(folder, file), source)
  await writeFile(join(folder, `${file}.json`), JSON.stringify(config))
  const { stdout } = await run(tsc, ['-p', `${file}.json`], { cwd: folder }).catch((error: { stdout: string }) => error)
  return stdout
}

describe('the package', { timeout: 60_000 }, () => {
  test.for([
    ['page.mts', `import { createPayClient } from '@looklook-pay/client'\n${use}`, { module: 'node16' }],
    ['page.cts', `import { createPayClient } from '@looklook-pay/client'\n${use}`, { module: 'node16' }],
    [
      'page.ts',
      `import { createPayClient } from '@looklook-pay/client'\n${use}`,
      { moduleResolution: 'bundler', module: 'esnext' },
    ],
  ] as const)('has types for %s, where nobody has those of a browser', async ([file, source, options]) => {
    expect(await compile(file, source, options)).toBe('')
  })

  test('needs nothing else to be installed', async () => {
    const { stdout } = await run(
      'node',
      ['-e', `console.log(typeof require('@looklook-pay/client').createPayClient)`],
      {
        cwd: folder,
      },
    )
    expect(stdout.trim()).toBe('function')
    expect(existsSync(join(folder, 'node_modules/graphql-ws'))).toBe(false)
  })
})
