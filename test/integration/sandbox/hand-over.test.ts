import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { writeSettings } from '@looklook-pay/sandbox'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { runToEnd } from '../../harness/image.ts'
import { canPrepare, prepare } from '../../harness/prepare.ts'
import { startSandbox } from './merchant.ts'

/** What the scripts of compose.yaml leave for the API, with a sandbox that has run. */
async function handOver(env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'looklook-compose-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const stateDir = join(folder, 'sandbox')
  const sandbox = await startSandbox({ notifyUrl: 'https://nginx/wechat/pay/notify' })
  writeSettings(stateDir, sandbox.env)
  await writeFile(join(folder, 'wechat.env'), 'WECHAT_APP_ID=of_an_earlier_one')
  await prepare(folder, env)
  const target = join(folder, 'wechat.env')
  const args = [join(stateDir, 'sandbox.env'), 'https://sandbox-tls', target]
  const said = await runToEnd('deploy/compose/hand-over-sandbox.sh', args, { env })
  const read = (name: string) => parseEnv(readFileSync(join(folder, name), 'utf8'))
  return { sandbox, said, settings: read('settings.env'), wechat: read('wechat.env') }
}

describe.skipIf(!canPrepare())('what compose.yaml hands over', () => {
  test('is all that an API of production needs, with the sandbox as its WeChat', async () => {
    const { sandbox, settings, wechat } = await handOver()
    const config = loadConfig({ ...settings, ...wechat }, 'api')
    expect(config.production).toBe(true)
    expect(config.databaseUrl).toMatch(/^postgresql:\/\/looklook:[0-9a-f]{48}@postgres:5432\/looklook$/)
    expect(config.wechat.pay).toMatchObject({
      mchid: sandbox.credentials.mchid,
      apiUrl: 'https://sandbox-tls',
      notifyUrl: 'https://nginx/wechat/pay/notify',
    })
    expect(config.wechat.mini.apiUrl).toBe('https://sandbox-tls')
  })

  test('is nothing of the sandbox where there is a merchant', async () => {
    const { said, wechat } = await handOver({ WECHAT_APP_ID: 'wx8888888888888888' })
    expect(said).toContain('not used')
    expect(wechat).toEqual({})
  })
})
