/** `npm run build -w client`: one file for `import` and one for `require`, graphql-ws inside, and the types. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleClient } from './bundle.ts'

const client = import.meta.dirname
const dist = join(client, 'dist')

rmSync(dist, { recursive: true, force: true })
await bundleClient({ input: join(client, 'src/pay-client.ts'), file: join(dist, 'index.js'), format: 'esm' })
await bundleClient({ input: join(client, 'src/pay-client.ts'), file: join(dist, 'index.cjs'), format: 'cjs' })
const { status } = spawnSync('tsc', ['-p', client], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
inlineDocumentType(join(dist, 'types/generated/graphql.d.ts'))

/** The one type that generated documents take from a package: whoever uses the client needs no such package. */
function inlineDocumentType(path: string): void {
  const source = readFileSync(path, 'utf8')
  const inlined = source.replace(
    /^import .*'@graphql-typed-document-node\/core';$/m,
    'interface DocumentTypeDecoration<Data, Variables> { __apiType?: (variables: Variables) => Data }',
  )
  if (inlined === source) throw new Error(`${path} imports its document type in a new way: adapt client/build.ts`)
  writeFileSync(path, inlined)
}
