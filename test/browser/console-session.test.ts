import type { TestApp } from '../harness/app.ts'
import { canRunBrowser, type Desk, describe, expect, test } from './console-fixtures.ts'
import { holdBack } from './hold-back.ts'

describe('signing in to the console', { skip: !canRunBrowser() }, () => {
  test('a link signs in once, and leaves the address at once', async ({ desk }) => {
    const { page } = desk
    const link = await desk.invite()
    await page.goto(link)
    await page.locator('#who', { hasText: 'Li Lei' }).waitFor()
    expect(page.url()).toBe(`${desk.url}/#/board`)
    await page.reload()
    await page.locator('#who').waitFor()

    desk.allowErrors('/graphql')
    desk.allowErrors('/sign-in')
    await page.locator('#sign-out').click()
    await page.locator('#link').fill('not a link')
    await page.locator('#sign-in').click()
    await page.locator('.field-failure', { hasText: 'no sign-in link' }).waitFor()
    await page.locator('#link').fill(link)
    await page.locator('#sign-in').click()
    await page.locator('.failure', { hasText: 'used, expired or revoked' }).waitFor()
    await page.locator('#link').fill(await desk.invite())
    await page.locator('#sign-in').click()
    await page.locator('#who').waitFor()
  })

  test('a session that ends while somebody watches the board leads to the sign-in', async ({ app, desk }) => {
    const { page } = desk
    await desk.signIn()
    await page.locator('.board-live', { hasText: 'Live' }).waitFor()
    desk.allowErrors('/graphql')
    await app.deps.db.operatorSession.updateMany({ data: { endedAt: new Date() } })
    await page.locator('h1', { hasText: 'Your session is over' }).waitFor()
  })

  test('who signs in after a session has ended finds nothing of what the other one had begun', async ({
    app,
    desk,
  }) => {
    const { page } = desk
    await desk.signIn()
    await desk.open('events')
    await page.getByRole('button', { name: 'Add an endpoint' }).click()
    await page.locator('#act-url').fill('https://erp.example.com/hooks')
    desk.allowErrors('/graphql')
    await app.deps.db.operatorSession.updateMany({ data: { endedAt: new Date() } })
    await page.locator('#act-confirm').click()
    await page.locator('h1', { hasText: 'Your session is over' }).waitFor()
    expect(await page.locator('#act').count()).toBe(0)

    await page.locator('#link').fill(await desk.invite('OPERATOR', 'Han Meimei'))
    await page.locator('#sign-in').click()
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
    await page.locator('#webhooks').waitFor()
    expect(await page.locator('#act').count()).toBe(0)
  })

  test('a used link, opened by somebody who is signed in, says so and changes nothing', async ({ desk }) => {
    const { page } = desk
    const link = await desk.invite()
    await page.goto(link)
    await page.locator('#who', { hasText: 'Li Lei' }).waitFor()
    await page.goto('about:blank')
    await page.goto(link)
    desk.allowErrors('/sign-in')
    await page.locator('#link-accept').click()
    await page.locator('#other-link .failure', { hasText: 'used, expired or revoked' }).waitFor()
    await page.locator('#link-decline').click()
    await page.locator('#today-payments').waitFor()
    expect(await page.locator('#other-link').count()).toBe(0)
    expect(await page.locator('#who').innerText()).toContain('Li Lei')
  })

  test('a link of somebody else asks first, and then signs them in', async ({ desk }) => {
    const { page } = desk
    await desk.signIn()
    const link = await desk.invite('VIEWER', 'Han Meimei')
    await page.goto(link)
    await page.locator('#other-link', { hasText: 'signed in as Li Lei (operator)' }).waitFor()
    expect(page.url()).toBe(`${desk.url}/#/board`)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#other-link').count()).toBe(0)
    expect(await page.locator('#who').innerText()).toContain('Li Lei')

    await page.goto(link)
    await page.locator('#link-accept').click()
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
    expect(await page.locator('#other-link').count()).toBe(0)
  })

  test('a link of somebody else that is opened under an act waits for its answer', async ({ app, desk }) => {
    const { page } = desk
    await desk.signIn()
    await tryOutRotation(app, desk)
    const held = await holdBack(page, 'WebhookRotate')
    await page.locator('#act-confirm').click()
    const route = await held.reached
    await page.goto(await desk.invite('VIEWER', 'Han Meimei'))
    await page.locator('#today-payments').waitFor()
    expect(await page.locator('#other-link').count()).toBe(0)
    await route.continue()
    await page.locator('#act .act-done', { hasText: 'whsec_' }).waitFor()
    expect(await page.locator('#other-link').count()).toBe(0)

    await page.locator('#act-close').click()
    await page.locator('#link-accept').click()
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
  })
})

/** Opens the dialog that gives an endpoint a new secret, up to its confirmation. */
async function tryOutRotation({ deps }: TestApp, desk: Desk): Promise<void> {
  const { page } = desk
  const endpoint = { id: 'we_a', url: 'https://erp.example.com/hooks', secret: 'none' }
  await deps.db.webhookEndpoint.create({ data: endpoint })
  await desk.open('events')
  await page.getByRole('button', { name: 'New secret' }).click()
  await page.locator('#act-confirm').click()
  await page.locator('#act-foreseen li').first().waitFor()
  await page.locator('#act-reason').fill('the old one was in a log')
}

/** Signs in somebody else in another tab of the same browser. */
async function signInBeside(desk: Desk): Promise<void> {
  const other = await desk.page.context().newPage()
  await other.goto(await desk.invite('OPERATOR', 'Han Meimei'))
  await other.locator('#link-accept').click()
  await other.locator('#who', { hasText: 'Han Meimei' }).waitFor()
  await other.close()
}

describe('another tab that signs in somebody else', { skip: !canRunBrowser() }, () => {
  test('takes this tab along, which says so and drops what was begun', async ({ desk }) => {
    const { page } = desk
    await desk.signIn()
    await desk.open('events')
    await page.getByRole('button', { name: 'Add an endpoint' }).click()
    await page.locator('#act-url').fill('https://erp.example.com/hooks')
    await signInBeside(desk)
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
    await page.locator('#other-tab', { hasText: 'What Li Lei had begun here is dropped' }).waitFor()
    expect(await page.locator('#act').count()).toBe(0)
    await page.locator('#other-tab-read').click()
    await expect.poll(() => page.locator('#other-tab').count()).toBe(0)
  })

  test('leaves the answer to an act in sight until it is read', async ({ app, desk }) => {
    const { page } = desk
    await desk.signIn()
    await tryOutRotation(app, desk)
    await page.locator('#act-confirm').click()
    await page.locator('#act .act-done', { hasText: 'whsec_' }).waitFor()
    await signInBeside(desk)
    expect(await page.locator('#act .act-done').innerText()).toContain('whsec_')
    // What is read again then is refused to who isn't signed in any more.
    desk.allowErrors('/graphql')
    await page.locator('#act-close').click()
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
  })

  test('has done nothing in their name, where this tab didn’t hear of it', async ({ app, desk }) => {
    const { page } = desk
    await page.addInitScript('globalThis.BroadcastChannel = class extends EventTarget { postMessage() {} }')
    await desk.signIn()
    await tryOutRotation(app, desk)
    await signInBeside(desk)
    expect(await page.locator('#who').innerText()).toContain('Li Lei')
    desk.allowErrors('/graphql')
    await page.locator('#act-confirm').click()
    await page.locator('#who', { hasText: 'Han Meimei' }).waitFor()
    expect(await page.locator('#act').count()).toBe(0)
    expect(await app.deps.db.operatorAct.count({ where: { action: { contains: 'webhook' } } })).toBe(0)
  })
})
