import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { commands, run } from '../harness/processes.ts'
import { freePort } from '../harness/redis.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** An API in production, as it is without NODE_ENV, whose servers aren't there yet. */
async function startApi(env: Record<string, string>) {
  const port = await freePort()
  const api = run(commands.api, {
    env: {
      PORT: String(port),
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
      REDIS_URL: 'redis://127.0.0.1:1',
      SESSION_SECRET: 'a secret of the tests that is long enough',
      WECHAT_APP_ID: 'wx8888888888888888',
      WECHAT_APP_SECRET: '0123456789abcdef0123456789abcdef',
      WECHAT_PAY_MCH_ID: '1900000109',
      WECHAT_PAY_MCH_CERT_SERIAL: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1',
      WECHAT_PAY_MCH_PRIVATE_KEY: privateKey,
      WECHAT_PAY_API_V3_KEY: 'ThisKeyIsOnlyForThisTestFile0001',
      WECHAT_PAY_NOTIFY_URL: 'https://pay.example.com/wechat/pay/notify',
      ...env,
    },
  })
  await api.says(/trying again/)
  return { api, url: `http://127.0.0.1:${port}` }
}

const statusOf = async (url: string) => (await fetch(url)).status

describe('the metrics of an API in production', () => {
  test('are served on a port of their own, there alone, beside /healthz', async () => {
    const { api, url } = await startApi({ METRICS_PORT: '0' })
    const [, metricsUrl = ''] = await api.says(/"url":"([^"]+)","msg":"metrics served"/)
    expect(metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
    expect(await (await fetch(metricsUrl)).text()).toContain('looklook_limit_refusals_total')
    expect(await statusOf(metricsUrl.replace('metrics', 'healthz'))).toBe(200)
    expect(await statusOf(metricsUrl.replace('metrics', 'readyz'))).toBe(404)
    expect(await statusOf(`${url}/metrics`)).not.toBe(200)
    api.signal('SIGTERM')
    expect(await api.ended).toEqual({ code: 0, signal: null })
  })

  test('are missing where their port is taken: that is said, and the API goes on', async () => {
    const occupant = createServer()
    const port = await listen(occupant)
    onTestFinished(() => void occupant.close())
    const { api, url } = await startApi({ METRICS_PORT: String(port) })
    await api.says(new RegExp(`Port ${port} is in use: set METRICS_PORT .*metrics not served`))
    expect(await statusOf(`${url}/healthz`)).toBe(200)
    api.signal('SIGTERM')
    expect(await api.ended).toEqual({ code: 0, signal: null })
  })

  test('and what everybody may ask says words of state alone', async () => {
    const { url } = await startApi({ METRICS_PORT: '0' })
    const health = await fetch(`${url}/healthz`)
    expect(await health.json()).toEqual({ status: 'ok' })
    const ready = await fetch(`${url}/readyz`)
    const words = Object.entries((await ready.json()) as object).flat()
    for (const word of words) expect(word).toMatch(/^[a-z]+$/i)
    const told = [...health.headers.keys(), ...ready.headers.keys()]
    expect(told.filter((name) => /server|powered|via/.test(name))).toEqual([])
  })
})
