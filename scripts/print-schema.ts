/** Part of `npm run schema`: writes schema.graphql from the code; with `--check` says whether it is up to date. */
import { printSchema } from 'graphql'
import { schema } from '../src/http/graphql/schema.ts'
import { writeOrCheck } from './generated-file.ts'

writeOrCheck('schema.graphql', `${printSchema(schema)}\n`, 'npm run schema')
