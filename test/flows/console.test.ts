import { describe, expect, test } from 'vitest'
import { deploy } from '../harness/deployment.ts'
import { createDataDir, run, start } from '../harness/processes.ts'

const ME = JSON.stringify({ query: '{ me { name role } board { todayPayments } }' })

/** What stands behind the # of a link. */
function tokenOf(link: string): string {
  return /#\/sign-in\/([\w-]{43})/.exec(link)?.[1] ?? ''
}

function post(url: string, path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { origin: new URL(url).origin, 'content-type': 'application/json', ...headers },
    body,
  })
}

/** Signs in by a link. @returns the cookie. */
async function signIn(url: string, token: string): Promise<string> {
  const response = await post(url, '/sign-in', JSON.stringify({ token }))
  expect(response.status).toBe(200)
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

describe('npm run console', () => {
  test('signs an operator in by the link that the command prints, until they are revoked, and stops gracefully', async () => {
    const { settings: env } = await deploy()
    const started = run(['node', 'src/console.ts'], { env: { ...env, CONSOLE_PORT: '0' } })
    const [, url = ''] = await started.says(/The console is ready at (\S+)\/;/)
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'ok' })

    const admin = async (...args: string[]) => {
      const command = run(['node', 'src/admin.ts', 'operator', ...args], { env: { ...env, CONSOLE_URL: url } })
      expect((await command.ended).code).toBe(0)
      return command.output()
    }
    const link = /^http\S+$/m.exec(await admin('add', 'Li Lei', '--role', 'viewer'))?.[0] ?? ''
    expect(link).toMatch(`${url}/#/sign-in/`)
    const cookie = await signIn(url, tokenOf(link))
    expect(await (await post(url, '/graphql', ME, { cookie })).json()).toEqual({
      data: { me: { name: 'Li Lei', role: 'VIEWER' }, board: { todayPayments: 0 } },
    })
    expect((await post(url, '/sign-in', JSON.stringify({ token: tokenOf(link) }))).status).toBe(403)

    await admin('revoke', 'Li Lei')
    expect((await post(url, '/graphql', ME, { cookie })).status).toBe(401)

    started.signal('SIGTERM')
    expect((await started.ended).code).toBe(0)
    expect(started.output()).not.toContain('stop timed out')
    for (const secret of [tokenOf(link), cookie.split('=')[1] ?? '']) {
      expect(secret).toHaveLength(43)
      expect(started.output()).not.toContain(secret)
    }
  })
})

describe('npm start', () => {
  test('has the console at /console, and prints a link to it, as the command does beside it', async () => {
    const dataDir = await createDataDir()
    const { url, output } = await start(dataDir)
    const [, link = ''] = /console +(\S+)/.exec(output()) ?? []
    expect(link).toMatch(`${url}/console/#/sign-in/`)
    const cookie = await signIn(`${url}/console`, tokenOf(link))
    const answer = await post(`${url}/console`, '/graphql', ME, { cookie })
    expect(await answer.json()).toMatchObject({ data: { me: { name: 'demo', role: 'OPERATOR' } } })
    const command = run(['node', 'src/admin.ts', 'operator', 'add', 'Li Lei'], { env: { DATA_DIR: dataDir } })
    expect((await command.says(/^http\S+$/m))[0]).toMatch(`${url}/console/#/sign-in/`)
    const page = await fetch(`${url}/console`, { redirect: 'manual' })
    expect([page.status, page.headers.get('location')]).toEqual([308, '/console/'])
  })

  test('has no console where others can reach it', async () => {
    const dataDir = await createDataDir()
    const env = { HOST: '0.0.0.0', ALLOW_SANDBOX_ON_NETWORK: 'true' }
    const { url, output } = await start(dataDir, { env })
    expect(output()).not.toMatch(/^ +console/m)
    expect((await fetch(`${url}/console/`)).status).toBe(404)
    expect((await post(`${url}/console`, '/graphql', ME)).status).toBe(404)
  })
})
