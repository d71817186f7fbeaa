import { describe, expect, it } from 'vitest'
import { startSandbox } from './merchant.ts'

async function read(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

describe('the access token of /cgi-bin/token', () => {
  it('each call makes a new token, the one before works for five minutes more, and stable ones are left alone', async () => {
    let clock = Date.now()
    const { url, credentials } = await startSandbox({ now: () => new Date(clock) })
    const client = { grant_type: 'client_credential', appid: credentials.appid, secret: credentials.appSecret }
    const fetchPlain = async () => read(await fetch(`${url}/cgi-bin/token?${new URLSearchParams(client).toString()}`))
    const fetchStable = async () =>
      read(await fetch(`${url}/cgi-bin/stable_token`, { method: 'POST', body: JSON.stringify(client) }))
    const errcodeWith = async ({ access_token: token }: Record<string, unknown>) =>
      (await read(await fetch(`${url}/wxaapi/newtmpl/gettemplate?access_token=${String(token)}`))).errcode
    const stable = await fetchStable()
    const first = await fetchPlain()
    const second = await fetchPlain()
    expect(second.access_token).not.toBe(first.access_token)
    expect(await errcodeWith(first)).toBe(0)
    clock += 300_000
    expect([await errcodeWith(first), await errcodeWith(second), await errcodeWith(stable)]).toEqual([42001, 0, 0])
    expect((await fetchStable()).access_token).toBe(stable.access_token)
  })
})
