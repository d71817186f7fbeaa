import './me.ts'
import './board.ts'
import './waiting.ts'
import './find.ts'
import './bill.ts'
import './trail.ts'
import './examination.ts'
import './acts.ts'
import './webhook.ts'
import './deliveries.ts'
import { maskLeafValues } from '../../graphql/leaf-values.ts'
import { builder } from './builder.ts'

/** The console's whole schema; building it needs no database. */
export const consoleSchema = maskLeafValues(builder.toSchema())
