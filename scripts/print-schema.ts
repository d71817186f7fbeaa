/**
 * Part of `npm run schema`: writes schema.graphql, and the console's, from the code; with `--check` says whether they are up
 * to date.
 */
import { printSchema } from 'graphql'
import { consoleSchema } from '../src/console/schema/schema.ts'
import { schema } from '../src/http/graphql/schema.ts'
import { writeOrCheck } from './generated-file.ts'

writeOrCheck('schema.graphql', `${printSchema(schema)}\n`, 'npm run schema')
writeOrCheck('console.graphql', `${printSchema(consoleSchema)}\n`, 'npm run schema')
