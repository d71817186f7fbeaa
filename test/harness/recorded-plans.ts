import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../../prisma/client/client.ts'
import type { Database } from '../../src/infra/database.ts'
import { openPool } from '../../src/infra/pool.ts'
import { LONG_MS } from './patience.ts'

/** A node of a plan as it was executed, in the words of EXPLAIN. */
interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: PlanNode[]
}

/** A scan of a statement that was executed. */
export interface Scan {
  sql: string
  /** Of the index where it has one, else of the table. */
  reads: string
  isSequential: boolean
  /** The rows that it read, whether or not it returned them. */
  rows: number
}

/** PostgreSQL tells the client the plan of every statement, those of triggers included, with the rows that each node read. */
const SETTINGS = [
  'session_preload_libraries=auto_explain',
  'auto_explain.log_min_duration=0',
  'auto_explain.log_analyze=on',
  'auto_explain.log_timing=off',
  'auto_explain.log_format=json',
  'auto_explain.log_level=notice',
  'auto_explain.log_nested_statements=on',
]

/**
 * Whether PostgreSQL plans a statement for its parameters, or once for any: it takes one for the other as it thinks best, once
 * a statement is prepared.
 */
export type PlanMode = 'force_custom_plan' | 'force_generic_plan'

/** A database whose every statement is recorded with the plan that it was executed by. */
export function openRecordedDatabase(databaseUrl: string, mode: PlanMode): { db: Database; scans: Scan[] } {
  const url = new URL(databaseUrl)
  const settings = [...SETTINGS, `plan_cache_mode=${mode}`]
  url.searchParams.set('options', settings.map((setting) => `-c ${setting}`).join(' '))
  const patience = { acquireMs: LONG_MS, statementMs: LONG_MS, silenceMs: 2 * LONG_MS }
  const pool = openPool(url.href, { size: 10, name: 'recorded', patience })
  const scans: Scan[] = []
  pool.on('connect', (client) => {
    client.on('notice', ({ message = '' }) => {
      const [, json] = /^duration: .* plan:\n([^]*)$/.exec(message) ?? []
      if (json === undefined) return
      const { 'Query Text': sql, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode }
      scans.push(...scansOf(sql, plan))
    })
  })
  const db = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }), errorFormat: 'minimal' })
  return { db, scans }
}

function scansOf(sql: string, node: PlanNode): Scan[] {
  const reads = node['Index Name'] ?? node['Relation Name']
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
  const own = {
    sql,
    reads: reads ?? '',
    isSequential: node['Node Type'] === 'Seq Scan',
    rows: (node['Actual Rows'] + removed) * node['Actual Loops'],
  }
  const isScan = node['Node Type'].endsWith('Scan') && reads !== undefined
  return [...(isScan ? [own] : []), ...(node.Plans ?? []).flatMap((child) => scansOf(sql, child))]
}
