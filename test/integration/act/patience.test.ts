import { onTestFinished } from 'vitest'
import { replayWebhook } from '../../../src/act/webhook.ts'
import { openDatabase } from '../../../src/infra/database.ts'
import { test as base, describe, expect } from '../../harness/app.ts'
import { givenEndpoint } from '../../harness/webhook-endpoint.ts'

const test = base.extend({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } })

describe('an act of an operator', () => {
  test('may take longer than other transactions of its database', async ({ app: { deps, databaseUrl }, app }) => {
    const { id } = await givenEndpoint(app)
    const db = openDatabase(databaseUrl, { transactionTimeoutMs: 1 })
    const desk = { ...deps, db, openDeps: async () => deps, openQueue: async () => deps.queue }
    const by = { operator: 'Li Lei', via: 'CONSOLE', reason: 'their server was down' } as const
    const what = { since: new Date(0), until: new Date() }
    onTestFinished(() => db.$disconnect())
    const { result } = await replayWebhook(desk, { id, what }, { by, dryRun: false })
    expect(result).toMatchObject({ endpointId: id })
  })
})
