/** `npm run schema`: writes schema.graphql from the code; with `--check` only checks whether it is up to date. */
import { printSchema } from 'graphql'
import { schema } from '../src/http/graphql/schema.ts'
import { writeOrCheck } from './generated-file.ts'

writeOrCheck('schema.graphql', `${printSchema(schema)}\n`, 'npm run schema')
