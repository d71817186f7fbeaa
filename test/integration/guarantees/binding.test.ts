import type { WechatConfig } from '../../../src/config.ts'
import { openDatabase } from '../../../src/infra/database.ts'
import { bindToWechat, WrongWechatError } from '../../../src/infra/wechat-binding.ts'
import { describe, expect, test } from '../../harness/app.ts'
import { test as sqlTest, whileUncommitted } from '../../harness/sql.ts'

describe('the WeChat that a database belongs to', () => {
  sqlTest('is one row', async ({ sql }) => {
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

  test('is that of its first start, and every later start of the same is let in', async ({ app }) => {
    await bindToWechat(app.deps.db, app.deps.config.wechat)
    expect(await app.deps.db.wechatBinding.findMany()).toMatchObject([
      { id: 1, mchid: app.deps.config.wechat.pay.mchid, isSandbox: true },
    ])
  })

  test('is not another sandbox because its port is another', async ({ app }) => {
    const { wechat } = app.deps.config
    await bindToWechat(app.deps.db, { ...wechat, pay: { ...wechat.pay, apiUrl: 'http://127.0.0.1:1' } })
  })

  test('is not another merchant’s: the start is refused and says which setting differs', async ({ app }) => {
    const { wechat } = app.deps.config
    const start = bindToWechat(app.deps.db, { ...wechat, pay: { ...wechat.pay, mchid: '1900009999' } })
    await expect(start).rejects.toThrow(WrongWechatError)
    await expect(start).rejects.toThrow(/1900009999.*WECHAT_PAY_MCH_ID/)
  })

  test('is not the real one when it began with the sandbox, nor another host', async ({ app }) => {
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

  sqlTest('is decided once when two start at once', async ({ sql }) => {
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
