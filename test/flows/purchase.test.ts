import { createClient } from 'graphql-ws'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { seed } from '../../prisma/seed.ts'
import { openDatabase } from '../../src/infra/database.ts'
import {
  confirm,
  type Deployment,
  deploy,
  type Purchase,
  purchase,
  stateOf,
  whenOrderIs,
} from '../harness/deployment.ts'
import { sendOperation } from '../harness/processes.ts'

const HOMESTAY = 'demo-homestay-01'
async function seeded(env: Record<string, string> = {}): Promise<Deployment> {
  const deployment = await deploy(env)
  const db = openDatabase(deployment.databaseUrl)
  await seed(db)
  await db.$disconnect()
  return deployment
}

/** Every state that the guest's socket received, newest last. */
function watch(url: string, { accessToken, params }: Purchase): string[] {
  const connectionParams = { authorization: `Bearer ${accessToken}` }
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
  })
  onTestFinished(async () => client.dispose())
  const seen: string[] = []
  const query = `subscription ($sn: ID!) { paymentStatusChanged(sn: $sn) { status } }`
  client.subscribe<{ paymentStatusChanged: { status: string } }>(
    { query, variables: { sn: params.paymentSn } },
    {
      next: ({ data }) => void seen.push(data?.paymentStatusChanged.status ?? 'nothing'),
      error: (error) => void seen.push(`error ${JSON.stringify(error)}`),
      complete: () => {},
    },
  )
  return seen
}

describe('a purchase over two API processes and a worker', { skip: inject('redisUrl') === null }, () => {
  test('shows a purchase live through another API process, and logs no secret', async () => {
    const deployment = await seeded()
    const { sandbox, startApi, startWorker, logs } = deployment
    const [first, second] = [await startApi(), await startApi()]
    await startWorker()

    const guest = await purchase(first.url, 'o_flow_guest', HOMESTAY, 20)
    const seen = watch(second.url, guest)
    await expect.poll(() => seen).toEqual(['PENDING'])
    await confirm(sandbox, guest)
    await expect.poll(() => seen).toEqual(['PENDING', 'SUCCESS'])
    await whenOrderIs('WAIT_USE', second.url, guest)
    await expect.poll(() => sandbox.messages('o_flow_guest').length).toBe(2)

    const { tradeCode } = await stateOf(first.url, guest)
    const host = await sendOperation<{ wxLogin: { accessToken: string } }>(
      first.url,
      'mutation { wxLogin(input: { code: "code-o_demo_host" }) { ... on Session { accessToken } } }',
    )
    const redeemed = await sendOperation<{ redeemTradeCode: { tradeState: string } }>(
      first.url,
      `mutation ($code: String!) { redeemTradeCode(input: { tradeCode: $code }) { ... on HomestayOrder { tradeState } } }`,
      { code: tradeCode },
      host.wxLogin.accessToken,
    )
    expect(redeemed).toEqual({ redeemTradeCode: { tradeState: 'USED' } })

    const { credentials } = sandbox
    const secrets = {
      'a session token': guest.accessToken,
      'a session token’s signature': guest.accessToken.split('.')[2],
      'an openid': 'o_flow_guest',
      'a phone number': '13800000020',
      'an entry code': tradeCode,
      'the app’s secret': credentials.appSecret,
      'the APIv3 key': credentials.apiV3Key,
      'a private key': credentials.mchPrivateKey.split('\n')[2],
      'a signature': guest.params.paySign,
      'a prepay id': guest.params.package.slice('prepay_id='.length),
      'a raw notice': 'ciphertext',
    }
    const text = logs()
    expect(text.length).toBeGreaterThan(500)
    for (const [name, secret] of Object.entries(secrets))
      expect.soft(text.includes(secret ?? ''), `${name} is in the log`).toBe(false)
  })

  test('completes a purchase although its notice is lost, its worker killed and Redis stopped', async () => {
    const { sandbox, redis, startApi, startWorker } = await seeded({ PAYMENT_RECHECK_SECONDS: '1,2,3' })
    const api = await startApi()
    const worker = await startWorker()
    const guest = await purchase(api.url, 'o_unlucky', HOMESTAY, 30)
    const seen = watch(api.url, guest)
    await expect.poll(() => seen).toEqual(['PENDING'])

    await redis.stop()
    worker.signal('SIGKILL')
    await worker.ended
    sandbox.faults.add({ endpoint: 'payment-notice', kind: 'lost' })
    await confirm(sandbox, guest)
    await startWorker()

    await whenOrderIs('WAIT_USE', api.url, guest)
    await expect.poll(() => seen.at(-1)).toBe('SUCCESS')
  })
})
