import { Webhook } from 'standardwebhooks'
import { rotateSecret } from '../../../src/webhook/endpoint.ts'
import { signedHeaders } from '../../../src/webhook/signature.ts'
import { test as base, describe, expect, type TestApp } from '../../harness/app.ts'
import { givenEndpoint } from '../../harness/webhook-endpoint.ts'

const test = base.extend({ env: { WEBHOOK_ALLOW_PRIVATE: 'true' } })

type Options = Parameters<typeof rotateSecret>[2]

async function rotate({ deps }: TestApp, id: string, options: Options): Promise<string> {
  return (await deps.db.$transaction((tx) => rotateSecret(tx, id, options))).secret
}

const EVENT = { paymentSn: 'PA', version: 1 }
const now = new Date()

/** The signatures of a call. */
async function signatures({ deps }: TestApp, id: string): Promise<string[] | undefined> {
  const endpoint = await deps.db.webhookEndpoint.findUniqueOrThrow({ where: { id } })
  return signedHeaders(EVENT, '{}', endpoint, now)['webhook-signature']?.split(' ')
}

/** Those by these secrets. */
function by(...secrets: string[]): string[] {
  return secrets.map((secret) => new Webhook(secret).sign('evt_PA_1', now, '{}'))
}

describe('a second rotation, while the first secret is live', () => {
  test('is refused, since it would end that one', async ({ app }) => {
    const { id, secrets } = await givenEndpoint(app)
    const second = await rotate(app, id, { keepHours: 24 })

    await expect(rotate(app, id, { keepHours: 24 })).rejects.toMatchObject({ code: 'INVALID_INPUT' })

    expect(await signatures(app, id)).toEqual(by(second, ...secrets))
  })

  test('replaces a new secret that was lost, and keeps the first', async ({ app }) => {
    const { id, secrets } = await givenEndpoint(app)
    await expect(rotate(app, id, { keepHours: 24, again: true })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await rotate(app, id, { keepHours: 24 })

    const third = await rotate(app, id, { keepHours: 24, again: true })

    expect(await signatures(app, id)).toEqual(by(third, ...secrets))
  })

  test('ends both when nothing is to be kept', async ({ app }) => {
    const { id } = await givenEndpoint(app)
    await rotate(app, id, { keepHours: 24 })

    const third = await rotate(app, id, { keepHours: 0 })

    expect(await signatures(app, id)).toEqual(by(third))
  })
})
