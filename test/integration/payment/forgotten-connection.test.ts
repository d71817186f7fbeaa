import { assembleApp } from '../../../src/app.ts'
import type { Deps } from '../../../src/deps.ts'
import { logIn } from '../../../src/user/login.ts'
import { createHosts } from '../../../src/wechat/hosts.ts'
import { sendSubscribeMessage } from '../../../src/wechat/subscribe-message.ts'
import { test as base, describe, expect } from '../../harness/app.ts'
import { freshOrder, tap } from '../../harness/fixtures.ts'
import { type ForgetfulRouter, openForgetfulRouter } from '../../harness/forgetful-router.ts'
import { LONG_MS, SHORT_MS } from '../../harness/patience.ts'

/** An app that reaches WeChat through a router which can forget connections. */
const test = base.extend<{ behind: { deps: Deps; router: ForgetfulRouter } }>({
  behind: async ({ app }, use) => {
    const router = await openForgetfulRouter(app.sandbox.url)
    const { config, log, db, settleDb, queue } = app.deps
    const wechat = {
      ...config.wechat,
      pay: { ...config.wechat.pay, apiUrl: router.url },
      mini: { ...config.wechat.mini, apiUrl: router.url },
    }
    const { deps, close } = assembleApp({ ...config, wechat }, { log, db, settleDb, queue, databaseId: 'behind' })
    const timing = { ...deps.wechat.timing, totalMs: LONG_MS, keptAnswerMs: SHORT_MS, repeatMs: 1 }
    const mini = { ...deps.mini, timeoutMs: LONG_MS, keptAnswerMs: SHORT_MS }
    await use({ deps: { ...deps, mini, wechat: { ...deps.wechat, timing } }, router })
    await close()
    await router.close()
  },
})

describe('kept connections that a router has forgotten', () => {
  test('cost a tap a new connection, and no error', async ({ app, behind: { deps, router } }) => {
    await tap(deps, await freshOrder(app))
    router.forget()
    const before = router.connections()

    await tap(deps, await freshOrder(app))

    expect(router.connections()).toBe(before + 1)
  })

  test('are all given up when one gives no answer, however many there are', async ({
    app,
    behind: { deps, router },
  }) => {
    const booked = await Promise.all([1, 2, 3, 4, 5].map(() => freshOrder(app)))
    await Promise.all(booked.map((each) => tap(deps, each)))
    router.forget()

    await tap(deps, await freshOrder(app))
    // A forgotten connection that is still kept would be silent for so long.
    const timing = { ...deps.wechat.timing, keptAnswerMs: LONG_MS }
    await tap({ ...deps, wechat: { ...deps.wechat, timing } }, await freshOrder(app))
  })

  test('don’t make calls go to WeChat’s second host', async ({ app, behind: { deps, router } }) => {
    const hosts = createHosts('http://127.0.0.1:1')
    const withBackup = { ...deps, wechat: { ...deps.wechat, hosts } }
    await tap(withBackup, await freshOrder(app))
    router.forget()
    await tap(withBackup, await freshOrder(app))

    expect(hosts.choose(new URL(router.url)).port).toBe(new URL(router.url).port)
  })

  test('cost a sign-in a new connection, and no error', async ({ behind: { deps, router } }) => {
    await logIn(deps, { code: 'code-o_guest', phoneCode: 'phone-13800000001' })
    router.forget()

    const { user } = await logIn(deps, { code: 'once-o_guest', phoneCode: 'phone-13800000002' })

    expect(user.phoneNumber).toContain('13800000002')
  })

  test('don’t send a message a second time: it may have arrived', async ({ app, behind: { deps, router } }) => {
    await logIn(deps, { code: 'code-o_guest', phoneCode: 'phone-13800000001' })
    router.forget()
    const before = router.connections()

    const sent = sendSubscribeMessage(
      { ...deps.mini, timeoutMs: SHORT_MS },
      { openid: 'o_guest', templateId: 'TPL', data: { thing1: '民宿' } },
    )

    await expect(sent).rejects.toMatchObject({ outcomeUnknown: true })
    expect(router.connections()).toBe(before)
    expect(app.sandbox.messages()).toEqual([])
  })
})
