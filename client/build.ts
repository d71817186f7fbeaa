/**
 * `npm run build -w client`: writes dist/ with one file for `import` and one for `require`, both with graphql-ws
 * bundled, and the types of each; and miniprogram_dist/, which WeChat's 构建 npm copies as it is. Takes the folder to put
 * them into as an optional argument.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleClient } from './bundle.ts'

const client = import.meta.dirname
const target = process.argv[2] ?? client
const dist = join(target, 'dist')
const miniprogram = join(target, 'miniprogram_dist')

for (const folder of [dist, miniprogram]) rmSync(folder, { recursive: true, force: true })
await bundleClient({ input: join(client, 'src/pay-client.ts'), file: join(dist, 'index.js'), format: 'esm' })
await bundleClient({ input: join(client, 'src/pay-client.ts'), file: join(dist, 'cjs/index.js'), format: 'cjs' })
const { status } = spawnSync('tsc', ['-p', client, '--outDir', join(dist, 'types')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
inlineDocumentType(join(dist, 'types/generated/graphql.d.ts'))
importAsJavaScript(join(dist, 'types'))

// WeChat's 构建 npm requires a `main` that ends in `.js`, so it can't be a .cjs file: the folder's own package.json marks
// it, and its types, as CommonJS.
cpSync(join(dist, 'types'), join(dist, 'cjs/types'), { recursive: true })
writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')

// https://developers.weixin.qq.com/miniprogram/dev/devtools/npm.html: the folder that `miniprogram` of package.json names.
cpSync(join(dist, 'cjs/index.js'), join(miniprogram, 'index.js'))

/** Inlines the only type that the generated documents import from a package, so that users needn't install that one. */
function inlineDocumentType(path: string): void {
  const source = readFileSync(path, 'utf8')
  const inlined = source.replace(
    /^import .*'@graphql-typed-document-node\/core';$/m,
    'interface DocumentTypeDecoration<Data, Variables> { __apiType?: (variables: Variables) => Data }',
  )
  if (inlined === source)
    throw new Error(`${path} no longer imports its document type as expected: adapt client/build.ts`)
  writeFileSync(path, inlined)
}

/** TypeScript before 5.0 can't resolve `./result.ts`; every version finds the types behind `./result.js`. */
function importAsJavaScript(folder: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue
    const path = join(folder, file)
    const source = readFileSync(path, 'utf8')
    writeFileSync(path, source.replace(/(["']\.{1,2}\/[^"'\n]*)\.ts(["'])/g, '$1.js$2'))
  }
}
