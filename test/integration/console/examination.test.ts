import { inject } from 'vitest'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { type Browser, openTestConsole } from '../../harness/console.ts'
import { findings, pretendWorker } from '../../harness/doctor.ts'

const EXAMINATION = 'subscription { examination { startedAt endedAt findings { check result detail remedy } } }'
const OTHER_SECRET = '0'.repeat(32)
/** The worker counts as seen for so long, in seconds before now. */
const FOR_AN_HOUR = -3_600

interface Shown {
  startedAt: string
  endedAt: string | null
  findings: { check: string; result: string; detail: string; remedy: string | null }[]
}

/** Asks for an examination. @returns everything that was shown, once it is over. */
async function examine(url: string, { cookie }: Browser, language = 'en'): Promise<Shown[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      cookie,
      origin: url,
      accept: 'text/event-stream',
      'accept-language': language,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: EXAMINATION }),
  })
  const events = (await response.text()).matchAll(/^data: ?({.*})$/gm)
  return [...events].map(([, json = '']) => (JSON.parse(json) as { data: { examination: Shown } }).data.examination)
}

/** How often WeChat was asked for the notice by which it is seen that notices arrive: once in each run. */
function countRuns({ deps }: TestApp): Promise<number> {
  return deps.db.paymentMismatch.count({ where: { subject: 'NOTICE' } })
}

function withSecret(app: TestApp, secret: string): TestApp {
  const { wechat } = app.deps.config
  const config = { ...app.deps.config, wechat: { ...wechat, mini: { ...wechat.mini, secret } } }
  return { ...app, deps: { ...app.deps, config } }
}

describe('an examination', { skip: inject('redisUrl') === null }, () => {
  test('shows a viewer what the command prints, finding by finding, and ends', async ({ app }) => {
    const { signIn, url } = await openTestConsole(withSecret(app, OTHER_SECRET))
    const printed = await findings(app, { WECHAT_APP_SECRET: OTHER_SECRET })
    await pretendWorker(app, FOR_AN_HOUR)

    const shown = await examine(url, await signIn('Li Lei', 'VIEWER'))
    const last = shown.at(-1)
    // The command examines an API's settings, which name a Redis; this console has none.
    const expected = printed
      .filter(({ check }) => !['settings', 'Redis', 'clock'].includes(check))
      .map(({ remedy = null, result, ...said }) => ({ ...said, result: result.toUpperCase(), remedy }))
    expect(last?.findings.filter(({ check }) => !['Redis', 'clock'].includes(check))).toEqual(expected)
    expect(last?.findings).toContainEqual({
      check: 'Redis',
      result: 'SKIPPED',
      detail: 'REDIS_URL is not set here',
      remedy: null,
    })
    expect(last?.findings).toContainEqual(expect.objectContaining({ check: 'clock', result: 'OK' }))
    expect(last?.findings).toContainEqual({
      check: 'access token',
      result: 'WRONG',
      detail: 'the secret is not this app’s',
      remedy: 'correct WECHAT_APP_SECRET',
    })
    expect(last?.endedAt).not.toBeNull()
    expect(shown.slice(0, -1).map(({ endedAt }) => endedAt)).toEqual(shown.slice(1).map(() => null))
    const counts = shown.map((each) => each.findings.length)
    expect(counts).toEqual(counts.toSorted((one, other) => one - other))
  })

  test('is one for all who ask at the same time, each in their language', async ({ app }) => {
    await pretendWorker(app, FOR_AN_HOUR)
    const { signIn, url } = await openTestConsole(app)
    const browsers = [await signIn('Li Lei'), await signIn('Han Meimei', 'VIEWER')] as const
    const [english, chinese] = await Promise.all([examine(url, browsers[0]), examine(url, browsers[1], 'zh-CN')])

    expect(english.at(-1)?.startedAt).toBe(chinese.at(-1)?.startedAt)
    expect(await countRuns(app)).toBe(1)
    expect(english.at(-1)?.findings[0]).toMatchObject({ check: 'database', result: 'OK' })
    expect(chinese.at(-1)?.findings[0]).toMatchObject({ check: '数据库', result: 'OK' })
    expect(chinese.at(-1)?.findings).toHaveLength(english.at(-1)?.findings.length ?? 0)
  })

  test('waits some seconds after the one before', async ({ app }) => {
    await pretendWorker(app, FOR_AN_HOUR)
    const { signIn, url } = await openTestConsole(app)
    const browser = await signIn()
    const [first, second] = [(await examine(url, browser)).at(-1), (await examine(url, browser)).at(-1)]
    const pauseMs = Date.parse(second?.startedAt ?? '') - Date.parse(first?.endedAt ?? '')
    expect(pauseMs).toBeGreaterThan(2_900)
    expect(await countRuns(app)).toBe(2)
  })
})
