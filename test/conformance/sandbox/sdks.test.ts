import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openSandbox, type Sandbox, writeSettings } from '@looklook-pay/sandbox'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { run } from '../../harness/processes.ts'
import { makeScratch } from '../../harness/scratch.ts'

const JOURNEY = {
  paid: 'SUCCESS',
  queried: 'SUCCESS',
  refund: 'PROCESSING',
  refunded: 'SUCCESS',
  close: 204,
  closed: 'CLOSED',
  bill: '交易时间',
}

const SDKS = resolve('test/conformance/sandbox/sdks')

let folder: string
let sandbox: Sandbox
beforeAll(async () => {
  folder = await makeScratch('looklook-sdks-')
  sandbox = await openSandbox({
    credentials: inject('credentials'),
    stateDir: folder,
    proxyPort: 0,
    noticeScheduleFactor: 0.001,
    refundDelayMs: 5,
    billsAtOnce: true,
  })
  writeSettings(folder, sandbox.env)
  await writeFile(join(folder, 'apiclient_cert.pem'), sandbox.merchantCertificate())
})
afterAll(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true })
})

/** What came of a journey with that SDK, in a process of its own. */
async function journeyWith(sdk: string, way: Record<string, string>): Promise<unknown> {
  // In a folder that is removed: node-easywechat keeps certificates in the one that it is started in.
  const travelling = run(['sh', '-c', 'cd "$1" && exec node "$2"', '', folder, join(SDKS, `${sdk}.mjs`)], {
    env: {
      ...sandbox.env,
      SANDBOX_URL: sandbox.url,
      MERCHANT_CERTIFICATE: join(folder, 'apiclient_cert.pem'),
      MERCHANT_KEY: join(folder, 'wechat_pay_mch_private_key.pem'),
      ...way,
    },
  })
  const [journey] = await travelling.says(/^{.*}$/m)
  expect(await travelling.ended).toMatchObject({ code: 0 })
  return JSON.parse(journey)
}

/** Its own setting for a URL. */
const byUrl = () => ({ PLAIN_URL: sandbox.url })

/** All the setting that there is, beside what makes Node's own clients look for a proxy. */
const byProxy = () => ({
  HTTPS_PROXY: sandbox.proxy?.url ?? '',
  NODE_EXTRA_CA_CERTS: sandbox.proxy?.certificateFile ?? '',
  NODE_USE_ENV_PROXY: '1',
})

const NODE_AGENTS = new URL('../../../packages/sandbox/src/proxy/node-agents.ts', import.meta.url).href

/** For superagent, which wants an agent of its own for each call. */
const byProxyOfEveryAgent = () => ({ ...byProxy(), NODE_OPTIONS: `--import=${NODE_AGENTS}` })

/** axios, which finds the proxy by itself. */
const byProxyOfAxios = () => {
  const { NODE_USE_ENV_PROXY: _unneeded, ...way } = byProxy()
  return way
}

describe('an npm SDK as it is prepays, reads notices, queries, closes, refunds and downloads a bill', () => {
  test.for([
    ['wechatpay-axios-plugin', 'by its baseURL', byUrl, 'public-key'],
    ['wechatpay-axios-plugin', 'through the proxy', byProxyOfAxios, 'public-key'],
    ['wechatpay-axios-plugin', 'through the proxy of Node', byProxy, 'public-key'],
    ['node-easywechat', 'by its baseURL', byUrl, 'certificates'],
    ['node-easywechat', 'through the proxy', byProxyOfAxios, 'certificates'],
    ['wechatpay-node-v3', 'through the proxy of every agent', byProxyOfEveryAgent, 'certificates'],
  ] as const)('%s, %s', async ([sdk, , way, signedBy]) => {
    sandbox.changeSettings({ signedBy })
    expect(await journeyWith(sdk, way())).toEqual(JOURNEY)
  })
})
