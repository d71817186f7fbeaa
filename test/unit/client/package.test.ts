import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const tsc = join(process.cwd(), 'node_modules/.bin/tsc')

/** Compiler options of a user's project, as strict as possible, without the types of a browser or of Node. */
const strict = { strict: true, noEmit: true, lib: ['es2020'], types: [], skipLibCheck: false }

const use = `const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token' })
client.pay('HO1').then((result) => { if (result.outcome === 'PAID') result.payment.sn.toUpperCase() })
`

const modules = join(process.cwd(), 'node_modules')
let folder = ''
let installed = ''

/** Packed as for the registry, and unpacked into the node_modules of a user's project. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'looklook-client-'))
  installed = join(folder, 'node_modules/@looklook-pay/client')
  const packed = join(folder, 'packed')
  await mkdir(installed, { recursive: true })
  await mkdir(packed)
  await run('node', ['client/build.ts', packed])
  for (const file of ['package.json', 'README.md', 'README.zh-CN.md', 'LICENSE'])
    await cp(join('client', file), join(packed, file))
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: packed })
  const tarball = join(folder, 'looklook-pay-client-0.1.0.tgz')
  await run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', installed])
}, 60_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function compile(file: string, source: string, options: object, types: string[] = []): Promise<string> {
  const config = { compilerOptions: { ...strict, ...options }, files: [file, ...types] }
  await writeFile(join(folder, file), source)
  await writeFile(join(folder, `${file}.json`), JSON.stringify(config))
  const { stdout } = await run(tsc, ['-p', `${file}.json`], { cwd: folder }).catch((error: { stdout: string }) => error)
  return stdout
}

describe('the packed client', () => {
  test.for([
    ['page.mts', `import { createPayClient } from '@looklook-pay/client'\n${use}`, { module: 'node16' }],
    ['page.cts', `import { createPayClient } from '@looklook-pay/client'\n${use}`, { module: 'node16' }],
    [
      'page.ts',
      `import { createPayClient } from '@looklook-pay/client'\n${use}`,
      { moduleResolution: 'bundler', module: 'esnext' },
    ],
  ] as const)(
    'the packed client type-checks in %s, without the types of a browser',
    async ([file, source, options]) => {
      expect(await compile(file, source, options)).toBe('')
    },
  )

  test.for([
    ['wx', 'miniprogram-api-typings', join(modules, 'miniprogram-api-typings/index.d.ts'), ''],
    ['uni', '@dcloudio/types', join(modules, '@dcloudio/types/index.d.ts'), ''],
    [
      'Taro',
      '@tarojs/taro',
      './taro-static.d.ts',
      `import type { TaroStatic } from './taro-static.js'\ndeclare const Taro: TaroStatic\n`,
    ],
  ] as const)('the packed client takes `%s`, as %s declares it', async ([name, , types, declared]) => {
    await cp('test/unit/client/taro-types.txt', join(folder, 'taro-static.d.ts'))
    const imported = `import { createPayClient } from '@looklook-pay/client'\n`
    const source = (wx: string) =>
      `${imported}${declared}createPayClient({ url: 'https://pay.example.com/graphql', wx: ${wx} })\n`
    // The type packages declare some things twice among themselves.
    const options = { moduleResolution: 'bundler', module: 'esnext', skipLibCheck: true }

    expect(await compile(`${name}.ts`, source(name), options, [types])).toBe('')
    const wrong = source(`{ ...${name}, requestPayment: 1 }`)
    expect(await compile(`${name}.ts`, wrong, options, [types])).toContain('error TS2322')
  })

  test.for([
    ['require', `console.log(typeof require('@looklook-pay/client').createPayClient)`],
    ['import', `import('@looklook-pay/client').then((client) => console.log(typeof client.createPayClient))`],
  ] as const)('the packed client loads by %s, with nothing else installed', async ([, source]) => {
    const { stdout } = await run('node', ['-e', source], { cwd: folder })

    expect(stdout.trim()).toBe('function')
    expect(existsSync(join(folder, 'node_modules/graphql-ws'))).toBe(false)
  })

  test('the packed client has keywords and a description for a search, and may be published', async () => {
    const manifest: unknown = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'))

    expect(manifest).toMatchObject({
      publishConfig: { access: 'public' },
      keywords: expect.arrayContaining(['wechat', 'miniprogram', 'payment', 'graphql']),
      description: expect.stringContaining('mini-program'),
    })
    expect(manifest).not.toHaveProperty('dependencies')
  })

  test('the packed client contains its builds, READMEs and LICENSE, and nothing else', async () => {
    expect((await readdir(installed)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'README.zh-CN.md',
      'dist',
      'miniprogram_dist',
      'package.json',
    ])
    expect((await readdir(join(installed, 'dist'))).sort()).toEqual(['cjs', 'index.js', 'types'])
  })

  // TypeScript before 5.0, which many mini-programs still use, can't resolve `./result.ts`: its exports would be lost.
  test('the types of the packed client import each other by .js paths, for TypeScript before 5.0', async () => {
    const files = await readdir(join(installed, 'dist'), { recursive: true })
    const types = files.filter((file) => file.endsWith('.d.ts'))
    const sources = await Promise.all(types.map((file) => readFile(join(installed, 'dist', file), 'utf8')))
    const imports = sources.flatMap((source) => source.match(/["']\.{1,2}\/[^"']*["']/g) ?? [])

    expect(types).toEqual(expect.arrayContaining(['types/src/pay-client.d.ts', 'cjs/types/src/pay-client.d.ts']))
    expect(imports).toContain("'./result.js'")
    expect(imports.filter((path) => !/\.js["']$/.test(path))).toEqual([])
  })

  // 构建 npm appends `.js` to any other `main`, doesn't find that file, and silently leaves the package out:
  // https://github.com/wechat-miniprogram/miniprogram-cli/issues/12
  test('WeChat’s 构建 npm finds the main file of the packed client', async () => {
    const { main, exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      main: string
      exports: { '.': { require: { default: string } } }
    }

    expect(main).toMatch(/\.js$/)
    expect(existsSync(join(installed, main))).toBe(true)
    expect(exports['.'].require.default).toBe(main)
  })

  // With the field, 构建 npm copies that folder as it is: https://developers.weixin.qq.com/miniprogram/dev/devtools/npm.html
  test('WeChat’s devtools find a folder with one file that requires nothing', async () => {
    const { miniprogram } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      miniprogram: string
    }
    const required: string[] = []
    const module = { exports: {} as Record<string, unknown> }
    const code = await readFile(join(installed, miniprogram, 'index.js'), 'utf8')
    runInNewContext(code, { module, exports: module.exports, require: (name: string) => required.push(name) })

    expect(await readdir(join(installed, miniprogram))).toEqual(['index.js'])
    expect(required).toEqual([])
    expect(module.exports['createPayClient']).toBeTypeOf('function')
  })
})
