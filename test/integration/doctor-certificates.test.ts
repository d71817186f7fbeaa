import { inject, onTestFinished } from 'vitest'
import { describe, expect, openTestApp, type TestApp, test } from '../harness/app.ts'
import { findings, wrong } from '../harness/doctor.ts'

async function openWithCertificates(): Promise<TestApp> {
  const app = await openTestApp({}, { signedBy: 'certificates' })
  onTestFinished(() => app.close())
  return app
}

describe('the doctor of a merchant who has platform certificates', { skip: inject('redisUrl') === null }, () => {
  const withoutPublicKey = { WECHAT_PAY_PUBLIC_KEY_ID: '', WECHAT_PAY_PUBLIC_KEY: '' }

  test('finds nothing wrong with platform certificates, and says that they were downloaded', async () => {
    const found = await findings(await openWithCertificates())
    expect(found.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['signature', 'platform certificates', 'WeChat’s signature', 'app and merchant']),
    )
    expect(found.map(({ check }) => check)).not.toContain('public key')
  })

  test('finds an APIv3 key that does not decrypt the platform certificates, and only that', async () => {
    const app = await openWithCertificates()
    expect(await wrong(app, { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32) })).toEqual([
      'platform certificates: correct WECHAT_PAY_API_V3_KEY',
    ])
  })

  test('finds a wrong APIv3 key although the previous one decrypts the platform certificates', async () => {
    const app = await openWithCertificates()
    const previous = app.sandbox.env['WECHAT_PAY_API_V3_KEY'] ?? ''
    const change = { WECHAT_PAY_API_V3_KEY: 'k'.repeat(32), WECHAT_PAY_API_V3_KEY_PREVIOUS: previous }
    const found = (await findings(app, change)).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([
      {
        check: 'platform certificates',
        detail: 'only WECHAT_PAY_API_V3_KEY_PREVIOUS opens them',
        remedy: expect.stringMatching(/^complete the change of the key on the merchant platform/),
      },
    ])
  })

  test('finds a merchant without platform certificates, who needs the public key', async ({ app }) => {
    const found = (await findings(app, withoutPublicKey)).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([
      {
        check: 'platform certificates',
        detail: 'this merchant has none',
        remedy: expect.stringMatching(/^set WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY/),
      },
    ])
  })

  test('reports a failed download of platform certificates with the message of WeChat', async () => {
    const app = await openWithCertificates()
    app.sandbox.faults.add({ endpoint: 'certificates', kind: 'error', code: 'NO_AUTH' })
    const found = (await findings(app)).filter(({ result }) => result === 'wrong')
    expect(found).toMatchObject([{ check: 'platform certificates', detail: expect.stringContaining('403 NO_AUTH') }])
  })

  test('accepts a public key while WeChat still signs by certificates', async () => {
    const app = await openTestApp({}, { signedBy: 'both', publicKeyPercent: 0 })
    onTestFinished(() => app.close())
    expect(await wrong(app, {})).toEqual([])
  })
})
