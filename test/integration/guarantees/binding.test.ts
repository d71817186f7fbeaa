import type { WechatConfig } from '../../../src/config.ts'
import { openDatabase } from '../../../src/infra/database.ts'
import { bindToWechat, WrongWechatError } from '../../../src/infra/wechat-binding.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { test as sqlTest, whileUncommitted } from '../../harness/sql.ts'

describe('the WeChat that a database belongs to', () => {
  sqlTest('allows one row of wechat_binding', async ({ sql }) => {
    const insert = (id: number) =>
      sql.query(
        `INSERT INTO wechat_binding (id, mchid, "apiHost", "isSandbox") VALUES ($1, '1900000001', 'api.mch.weixin.qq.com', false)`,
        [id],
      )
    await expect(insert(2)).rejects.toMatchObject({ constraint: 'wechat_binding_one_row' })
    await insert(1)
    await expect(insert(1)).rejects.toMatchObject({ constraint: 'wechat_binding_pkey' })
    await sql.query('DELETE FROM wechat_binding')
  })

  test('binds the database to WeChat at the first start, and accepts the same WeChat later', async ({ app }) => {
    await bindToWechat(app.deps.db, app.deps.config.wechat)
    expect(await app.deps.db.wechatBinding.findMany()).toMatchObject([
      { id: 1, mchid: app.deps.config.wechat.pay.mchid, isSandbox: true },
    ])
  })

  test('accepts the same sandbox on another port', async ({ app }) => {
    const { wechat } = app.deps.config
    await bindToWechat(app.deps.db, { ...wechat, pay: { ...wechat.pay, apiUrl: 'http://127.0.0.1:1' } })
  })

  test('refuses to start with another merchant, and names the setting', async ({ app }) => {
    const { wechat } = app.deps.config
    const start = bindToWechat(app.deps.db, { ...wechat, pay: { ...wechat.pay, mchid: '1900009999' } })
    await expect(start).rejects.toThrow(WrongWechatError)
    await expect(start).rejects.toThrow(/1900009999.*WECHAT_PAY_MCH_ID/)
  })

  test('refuses the real WeChat after the sandbox, the sandbox after the real one, and another host', async ({
    app,
  }) => {
    const { wechat, databaseUrl } = app.deps.config
    const real = { ...wechat, isSandbox: false }
    await expect(bindToWechat(app.deps.db, real)).rejects.toThrow(WrongWechatError)

    const db = openDatabase(databaseUrl)
    await db.wechatBinding.deleteMany()
    await bindToWechat(db, real)
    const elsewhere = { ...real, pay: { ...real.pay, apiUrl: 'https://api2.mch.weixin.qq.com' } }
    await expect(bindToWechat(db, elsewhere)).rejects.toThrow(/api2.mch.weixin.qq.com.*WECHAT_PAY_API_URL/)
    await expect(bindToWechat(db, wechat)).rejects.toThrow(WrongWechatError)
    await db.$disconnect()
  })

  sqlTest('binds the database to one merchant when two start at once', async ({ sql }) => {
    const db = openDatabase(sql.url)
    const second = { pay: { mchid: '1900000002', apiUrl: 'https://api.mch.weixin.qq.com' }, isSandbox: false }
    const ended = await whileUncommitted(
      sql,
      (first) =>
        first.query(
          `INSERT INTO wechat_binding (mchid, "apiHost", "isSandbox") VALUES ('1900000001', 'api.mch.weixin.qq.com', false)`,
        ),
      () => bindToWechat(db, second as WechatConfig),
    )
    expect(ended).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/merchant 1900000001/) },
    })
    await db.$disconnect()
  })
})
