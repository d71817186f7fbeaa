import { pretendWorker } from '../harness/doctor.ts'
import { canRunBrowser, describe, expect, test } from './console-fixtures.ts'

const OTHER_SECRET = { endpoint: 'stable-token', kind: 'errcode', errcode: 40125 } as const
/** The worker counts as seen for so long, in seconds before now. */
const FOR_AN_HOUR = -3_600

describe('the check', { skip: !canRunBrowser() }, () => {
  test('shows what is wrong with its remedy, and that it is mended once it is checked again', async ({ app, desk }) => {
    const { page } = desk
    await pretendWorker(app, FOR_AN_HOUR)
    app.sandbox.faults.add(OTHER_SECRET)
    await desk.signIn('VIEWER')
    await page.locator('.views a', { hasText: 'Check' }).click()
    await page.locator('#check-summary', { hasText: '1 to mend' }).waitFor()
    await page.locator('#check-summary', { hasText: 'as of' }).waitFor()
    const token = page.locator('.findings li', { hasText: 'access token' })
    expect(await token.first().innerText()).toMatch(
      /wrong\s+access token\s+the secret is not this app’s\s+correct WECHAT_APP_SECRET/,
    )
    await page.locator('.findings li', { hasText: '“access token” has to be right first' }).first().waitFor()

    app.sandbox.faults.clear()
    await page.locator('#check-again').click()
    await page.locator('#check-summary', { hasText: 'Checking' }).waitFor()
    await page.locator('#check-summary', { hasText: 'Nothing is wrong' }).waitFor()
    await expect.poll(() => page.locator('.findings .mark-bad').count()).toBe(0)

    await page.locator('#language').click()
    await page.locator('.findings li', { hasText: '微信的签名有效' }).waitFor()
  })

  test('says that it couldn’t be made, and is made when somebody tries again', async ({ app, desk }) => {
    const { page } = desk
    await pretendWorker(app, FOR_AN_HOUR)
    await desk.signIn()
    desk.allowErrors('/graphql')
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('subscription Examination') ? route.abort() : route.fallback(),
    )
    await desk.open('check')
    await page.locator('.failure', { hasText: 'The server doesn’t answer' }).waitFor()
    await page.unroute('**/graphql')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('#check-summary', { hasText: 'Nothing is wrong' }).waitFor()
    await expect.poll(() => page.locator('.failure').count()).toBe(0)
  })
})
