import type { Page } from 'playwright-core'
import type { TestApp } from '../harness/app.ts'
import { canRunBrowser, type Desk, describe, expect, test } from './console-fixtures.ts'
import { holdBack } from './hold-back.ts'

const ENDPOINT = 'we_held'

async function givenEndpoint({ deps }: TestApp) {
  await deps.db.webhookEndpoint.create({ data: { id: ENDPOINT, url: 'https://erp.example.com/hooks', secret: 'none' } })
}

/** Opens the dialog that gives the endpoint a new secret, up to its confirmation. */
async function tryOutRotation({ app, desk }: { app: TestApp; desk: Desk }) {
  const { page } = desk
  await givenEndpoint(app)
  await desk.signIn()
  await desk.open('events')
  await page.getByRole('button', { name: 'New secret' }).click()
  await page.locator('#act-confirm').click()
  await page.locator('#act-foreseen li').first().waitFor()
  await page.locator('#act-reason').fill('the old one was in a log')
}

/** Waits until the dialog has its answer. */
const settled = (page: Page) => page.locator('#act-confirm:not([aria-disabled])').waitFor()

describe('the dialog of an act', { skip: !canRunBrowser() }, () => {
  test('drops what a dry run says of fields that were typed over meanwhile', async ({ app, desk }) => {
    const { page } = desk
    await givenEndpoint(app)
    await desk.signIn()
    await desk.open('events')
    await page.getByRole('button', { name: 'New secret' }).click()
    await page.locator('#act-keepHours').fill('1')
    const held = await holdBack(page, 'WebhookRotate')
    await page.locator('#act-confirm').click()
    const route = await held.reached
    await page.locator('#act-keepHours').fill('500')
    await route.continue()
    await settled(page)
    expect(await page.locator('#act-confirm').innerText()).toBe('Try it out')
    await expect.poll(() => page.locator('#act-foreseen li').count()).toBe(0)

    await page.locator('#act-confirm').click()
    await page.locator('#act-foreseen li').first().waitFor()
    expect(await page.locator('#act-confirm').innerText()).toBe('Confirm')
  })

  test('can’t be closed under an act, whose answer may be a secret that is shown once', async ({ app, desk }) => {
    const { page } = desk
    await tryOutRotation({ app, desk })
    const held = await holdBack(page, 'WebhookRotate')
    await page.locator('#act-confirm').click()
    const route = await held.reached
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    // The browser closes it at the second one, and the page opens it again.
    await page.locator('#act[open]').waitFor()
    await page.locator('#act-cancel').click({ force: true })
    await route.continue()
    await page.locator('#act[open] .act-done', { hasText: 'whsec_' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#act').count()).toBe(0)
  })

  test('has an act tried out again when its answer was lost, for it may be done', async ({ app, desk }) => {
    const { page } = desk
    await tryOutRotation({ app, desk })
    const held = await holdBack(page, 'WebhookRotate')
    await page.locator('#act-confirm').click()
    const route = await held.reached
    desk.allowErrors('/graphql')
    await route.fetch()
    await route.abort()
    await page.locator('#act-foreseen', { hasText: 'may be done, or not' }).waitFor()
    await page.locator('#act .failure', { hasText: 'The server doesn’t answer' }).waitFor()
    expect(await page.locator('#act-confirm').innerText()).toBe('Try it out')

    await page.locator('#act-confirm').click()
    await page.locator('#act .failure', { hasText: 'until' }).waitFor()
  })

  test('says so as well when no answer comes and the connection stays open', async ({ app, desk }) => {
    const { page } = desk
    await tryOutRotation({ app, desk })
    const held = await holdBack(page, 'WebhookRotate')
    // From here on the page's patience passes a thousand times faster.
    await page.evaluate(
      'const { timeout } = AbortSignal; AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 1000)',
    )
    await page.locator('#act-confirm').click()
    await held.reached
    await page.locator('#act-foreseen', { hasText: 'may be done, or not' }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#act').count()).toBe(0)
  })

  test('says which field is missing, and sends nothing without it', async ({ app, desk }) => {
    const { page } = desk
    await givenEndpoint(app)
    await desk.signIn()
    await desk.open('events')
    await page.getByRole('button', { name: 'New secret' }).click()
    const field = page.locator('#act-keepHours')
    await field.fill('')
    await page.locator('#act-confirm').click()
    await page.locator('#act-keepHours-note.field-failure', { hasText: 'Fill this in' }).waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('.field-failure').count()).toBe(1)
    await field.fill('1')
    await expect.poll(() => page.locator('.field-failure').count()).toBe(0)
  })

  test('asks for the reason before a dry run that shows it, and again for another one', async ({ app, desk }) => {
    const { page } = desk
    await givenEndpoint(app)
    await desk.signIn()
    await desk.open('events')
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.locator('#act-confirm').click()
    await page.locator('.field-failure', { hasText: 'Say why' }).waitFor()
    await page.locator('#act-reason').fill('it moves')
    await page.locator('#act-confirm').click()
    await page.locator('#act-foreseen', { hasText: 'disabled: it moves' }).waitFor()
    await page.locator('#act-reason').fill('it has moved')
    expect(await page.locator('#act-confirm').innerText()).toBe('Try it out')
  })
})
