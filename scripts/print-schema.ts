/** `npm run schema`: writes schema.graphql from the code; with `--check` says whether it is up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { printSchema } from 'graphql'
import { schema } from '../src/graphql/schema.ts'

const FILE = new URL('../schema.graphql', import.meta.url)

const printed = `${printSchema(schema)}\n`
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, printed)
} else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== printed) {
  process.stdout.write('schema.graphql differs from the code: run `npm run schema` and commit it\n')
  process.exitCode = 1
}
