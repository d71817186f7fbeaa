import { canRunBrowser, describe, expect, test } from './fixtures.ts'

describe('GraphiQL in a browser', { skip: !canRunBrowser() }, () => {
  test('runs an operation under its content security policy, with completion from the schema', async ({ visit }) => {
    const { page, url } = visit
    const query = encodeURIComponent('{ homestay(id: "demo-homestay-01") { title } }')
    await page.goto(`${url}/graphql?query=${query}`)
    await page.locator('.graphiql-execute-button').click()
    await expect.poll(() => page.locator('.result-window').innerText()).toContain('"title"')
    await page.locator('.graphiql-sidebar button').first().click()
    await expect.poll(() => page.locator('.graphiql-doc-explorer').innerText()).toContain('Query')
  })
})
