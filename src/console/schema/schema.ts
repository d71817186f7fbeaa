import './me.ts'
import { maskLeafValues } from '../../graphql/leaf-values.ts'
import { builder } from './builder.ts'

/** The console's whole schema; building it needs no database. */
export const consoleSchema = maskLeafValues(builder.toSchema())
