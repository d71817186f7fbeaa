import { describe, expect, onTestFinished, test } from 'vitest'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import { confirm, type Deployment, deploy, purchase, whenOrderIs } from '../harness/deployment.ts'
import { metricsIn, readAlerts, readPanels } from '../harness/metrics.ts'
import { UNHURRIED } from '../harness/processes.ts'
import { canRunPrometheus, startPrometheus, testAlerts } from '../harness/prometheus.ts'

async function seeded(): Promise<Deployment> {
  const deployment = await deploy()
  const db = openDatabase(deployment.databaseUrl)
  await seed(db)
  await db.$disconnect()
  return deployment
}

describe.skipIf(!canRunPrometheus())('Prometheus', () => {
  test('raises each alert beyond its threshold, and none at it', () => {
    expect(testAlerts()).toEqual({ stderr: '', status: 0 })
  })

  test('sees a payment that was made, and knows all that alerts and dashboards ask for', async () => {
    const { sandbox, startApi, startServedWorker } = await seeded()
    const api = await startApi()
    const worker = await startServedWorker()
    const prometheus = await startPrometheus({ apis: [api.url], workers: [worker.url] }, onTestFinished)
    const guest = await purchase(api.url, 'o_guest', 'demo-homestay-01', 10)
    await confirm(sandbox, guest)
    await whenOrderIs('WAIT_USE', api.url, guest)

    const expectValues = async (expression: string, values: Record<string, number>) => {
      await expect.poll(() => prometheus.query(expression), UNHURRIED).toEqual(values)
    }
    const paid = 'sum by (job, to) (looklook_payment_transitions_total{from="PENDING"})'
    await expectValues(paid, { '{"job":"looklook-pay-api","to":"SUCCESS"}': 1 })
    await expectValues('sum(looklook_tap_to_paid_seconds_count)', { '{}': 1 })
    await expectValues('sum by (job) (looklook_apply_lag_seconds_count)', {
      '{"job":"looklook-pay-api"}': 0,
      '{"job":"looklook-pay-worker"}': 1,
    })
    await expectValues('sum(up)', { '{}': 2 })
    const asked = [...readAlerts(), ...readPanels()].flatMap(({ expression }) => metricsIn(expression))
    const known = await prometheus.metricNames()
    expect([...new Set(asked)].filter((name) => !known.includes(name))).toEqual([])
    for (const { expression } of readPanels()) await prometheus.query(expression)

    const evaluated = async () => (await prometheus.rules()).filter(({ health }) => health !== 'unknown')
    await expect.poll(evaluated, UNHURRIED).toHaveLength(readAlerts().length)
    expect((await prometheus.rules()).filter(({ health }) => health !== 'ok')).toEqual([])
  })
})
