import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { openTestConsole } from '../../harness/console.ts'

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

/** An endpoint with a delivery of each kind, and another with one. */
async function givenDeliveries({ deps: { db } }: TestApp): Promise<void> {
  const secret = 'whsec_none'
  await db.webhookEndpoint.createMany({
    data: ['we_a', 'we_b', 'we_c'].map((id) => ({ id, secret, url: `https://erp.example.com/${id}` })),
  })
  const ended = { endedAt: minutesAgo(1), tries: 1 }
  const delivered = { ...ended, status: 'DELIVERED' } as const
  const failed = { ...ended, status: 'FAILED' } as const
  await db.webhookDelivery.createMany({
    data: [
      { endpointId: 'we_a', paymentSn: 'PA-old', version: 2, createdAt: minutesAgo(9), ...delivered },
      { endpointId: 'we_a', paymentSn: 'PA-new', version: 1, createdAt: minutesAgo(2), tries: 1, lastAnswer: '503' },
      { endpointId: 'we_a', paymentSn: 'PA-mid', version: 1, createdAt: minutesAgo(5), ...failed },
      { endpointId: 'we_b', paymentSn: 'PA-new', version: 1, createdAt: minutesAgo(2) },
    ],
  })
}

const FIELDS = 'paymentSn version status tries lastAnswer endedAt nextTryAt'

describe('the deliveries of an endpoint, on the console', () => {
  test('are its newest first, with its last answers, also those of one status, and no more than were asked for', async ({
    app,
  }) => {
    await givenDeliveries(app)
    const { signIn } = await openTestConsole(app)
    const browser = await signIn('Han Meimei', 'VIEWER')
    const ask = async (args: string) => {
      type Answer = { webhookDeliveries: object[] | null }
      return (await browser.ask<Answer>(`{ webhookDeliveries(${args}) { ${FIELDS} } }`)).webhookDeliveries
    }
    expect(await ask('id: "we_a"')).toMatchObject([
      { paymentSn: 'PA-new', status: 'PENDING', lastAnswer: '503', endedAt: null, nextTryAt: expect.any(String) },
      { paymentSn: 'PA-mid', status: 'FAILED', endedAt: expect.any(String), nextTryAt: null },
      { paymentSn: 'PA-old', version: 2, status: 'DELIVERED', nextTryAt: null },
    ])
    expect(await ask('id: "we_a", status: FAILED')).toMatchObject([{ paymentSn: 'PA-mid' }])
    expect(await ask('id: "we_a", limit: 1')).toHaveLength(1)
    expect(await ask('id: "we_c"')).toEqual([])
    expect(await ask('id: "nobody"')).toBeNull()
  })
})
