import { describe, expect, test } from 'vitest'
import { dayFromNow } from '../harness/fixtures.ts'
import { createDataDir, run, sendOperation, start } from '../harness/processes.ts'

/** Runs the operator's command with these settings alone. */
async function admin(env: Record<string, string>, ...args: string[]) {
  const started = run(['node', 'src/admin.ts', ...args], { env: { LOG_LEVEL: 'silent', ...env } })
  const { code } = await started.ended
  return { code, output: started.output() }
}

interface Booked {
  createHomestayOrder: { sn: string }
}

/** Books the first homestay of the demo data. @returns the order's number. */
async function book(url: string): Promise<string> {
  const { wxLogin } = await sendOperation<{ wxLogin: { accessToken: string } }>(
    url,
    'mutation { wxLogin(input: { code: "code-o_guest" }) { ... on Session { accessToken } } }',
  )
  const { homestays } = await sendOperation<{ homestays: { edges: { node: { id: string } }[] } }>(
    url,
    '{ homestays(first: 1) { edges { node { id } } } }',
  )
  const input = {
    homestayId: homestays.edges[0]?.node.id,
    liveStartDate: dayFromNow(20),
    liveEndDate: dayFromNow(21),
    livePeopleNum: 1,
  }
  const mutation = `mutation ($input: CreateHomestayOrderInput!) {
    createHomestayOrder(input: $input) { ... on HomestayOrder { sn } ... on Error { message } }
  }`
  return (await sendOperation<Booked>(url, mutation, { input }, wxLogin.accessToken)).createHomestayOrder.sn
}

describe('npm run admin', () => {
  test('finds the database and the sandbox of an npm start by DATA_DIR, while that runs', async () => {
    const dataDir = await createDataDir()
    const started = await start(dataDir)
    const sn = await book(started.url)

    const found = await admin({ DATA_DIR: dataDir }, 'timeline', sn)
    expect(found).toEqual({ code: 0, output: expect.stringContaining(`order ${sn} WAIT_PAY`) })

    const unknown = await admin({ DATA_DIR: dataDir }, 'refunds', 'adopt', 'RE-nobody')
    expect(unknown).toEqual({ code: 1, output: expect.stringContaining('RESOURCE_NOT_EXISTS') })

    started.signal('SIGTERM')
    await started.ended
    const stopped = await admin({ DATA_DIR: dataDir }, 'timeline', sn)
    expect(stopped).toEqual({ code: 1, output: expect.stringContaining('DATABASE_URL is missing') })
  })

  test('explains itself without settings, and ends with 2 when it is asked for wrongly', async () => {
    expect(await admin({}, '--help')).toMatchObject({ code: 0, output: expect.stringContaining('timeline') })
    expect(await admin({}, 'timeline', '--help')).toMatchObject({
      code: 0,
      output: expect.stringContaining('<number>'),
    })
    const wrong = [
      await admin({}),
      await admin({}, 'timeline'),
      await admin({}, 'timelines', 'x'),
      await admin({}, 'timeline', 'x', '--nonsense'),
    ]
    expect(wrong.map(({ code }) => code)).toEqual([2, 2, 2, 2])
  })
})
