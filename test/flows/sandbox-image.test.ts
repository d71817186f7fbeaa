import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canContain, commandOf, execIn } from '../harness/container.ts'
import { buildImages, type Image } from '../harness/image.ts'
import { createDataDir, run } from '../harness/processes.ts'
import { makeScratch } from '../harness/scratch.ts'

const SDK = resolve('test/conformance/sandbox/sdks/wechatpay-node-v3.mjs')

let folder: string
let image: Image
beforeAll(async () => {
  folder = await makeScratch('looklook-sandbox-image-')
  // For the user of the image.
  chmodSync(folder, 0o711)
  image = (await buildImages({ folder, dockerfile: 'packages/sandbox/Dockerfile' }, ['sandbox'])).sandbox
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A folder that belongs to the user of the image. */
async function makeVolume(): Promise<string> {
  const volume = await createDataDir()
  const [uid = 0, gid = 0] = image.user?.split(':').map(Number) ?? []
  if (canContain) chownSync(volume, uid, gid)
  return volume
}

/** The image, started as the READMEs do, with a folder that has the same path outside; on free ports, as far as its last line. */
async function start(volume: string) {
  const args = ['--data-dir', volume, '--port', '0', '--proxy-port', '0']
  const started = run(commandOf(image, args, { volume }), { env: image.env })
  await started.says(/^# export NODE_OPTIONS=.*$/m)
  const lines = started.output().matchAll(/export (\w+)='([^']*)'/g)
  const printed = Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
  return { ...started, printed, url: printed['WECHAT_PAY_API_URL'] ?? '' }
}

describe('what the Dockerfile of the sandbox makes in an empty root', () => {
  test('holds the package, its one dependency, and a folder that any user can write to', () => {
    expect(readdirSync(image.root).toSorted()).toEqual(['app', 'data'])
    expect(readdirSync(join(image.root, 'app/node_modules'))).toEqual(['zod'])
    expect(readdirSync(join(image.root, 'app'))).toContain('dist')
    expect(image.settings['VOLUME']).toBe('["/data"]')
    expect(statSync(join(image.root, 'data')).mode & 0o7777).toBe(0o1777)
    expect(image.user).toBe('1000:1000')
  })

  test('is WeChat for an SDK outside, by the lines that it prints and the files that it leaves', async () => {
    const { printed, url } = await start(await makeVolume())
    const settings = { signedBy: 'certificates', billsAtOnce: true, refundDelayMs: 5 }
    await fetch(`${url}/sandbox/settings`, { method: 'POST', body: JSON.stringify(settings) })
    const keys = Object.entries(printed).filter(([name, path]) => /^WECHAT_.*KEY$/.test(name) && path.startsWith('/'))
    expect(keys).toHaveLength(2)
    const key = printed['WECHAT_PAY_MCH_PRIVATE_KEY'] ?? ''
    const buying = run(['node', SDK], {
      env: {
        ...printed,
        ...Object.fromEntries(keys.map(([name, path]) => [name, readFileSync(path, 'utf8')])),
        NODE_USE_ENV_PROXY: '1',
        SANDBOX_URL: url,
        MERCHANT_CERTIFICATE: join(key, '../apiclient_cert.pem'),
        MERCHANT_KEY: key,
      },
    })
    const [journey] = await buying.says(/^{.*}$/m)
    expect(JSON.parse(journey)).toMatchObject({ paid: 'SUCCESS', refunded: 'SUCCESS', closed: 'CLOSED' })
  })

  test('stops when it is told to, and is the same merchant when it comes back', async () => {
    const volume = await makeVolume()
    const first = await start(volume)
    first.signalGroup('SIGTERM')
    expect(await first.ended).toEqual({ code: 0, signal: null })
    const second = await start(volume)
    expect(second.printed['WECHAT_PAY_MCH_ID']).toBe(first.printed['WECHAT_PAY_MCH_ID'])
  })

  test.runIf(canContain)('is healthy while it answers, and writes nothing but to its volume', async () => {
    const volume = await makeVolume()
    const started = await start(volume)
    const [, json = '[]'] = /CMD (\[.*\])$/.exec(image.settings['HEALTHCHECK'] ?? '') ?? []
    const check = (port: string) => (JSON.parse(json) as string[]).map((part) => part.replace('4010', port))
    const look = (command: string[]) => execIn(started, image, { command, env: {} })
    expect(json).toContain('4010')
    expect(await look(check(new URL(started.url).port))).toEqual({ status: 0, output: '' })
    // Nobody listens on port 1.
    expect(await look(check('1'))).toMatchObject({ status: 1 })
    expect(await look(['touch', '/app/dist/bin.js'])).toMatchObject({ status: 1 })
    expect(await look(['touch', join(volume, 'own')])).toMatchObject({ status: 0 })
  })
})
