import { withAlerts } from '../../harness/alerts.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { whileDatabaseIsDown } from '../../harness/database-outage.ts'
import { freshTapped, paymentOf } from '../../harness/fixtures.ts'
import { type ForgedNotice, postNotice, sealNotice, signNotice } from '../../harness/forge.ts'
import { paidContent } from '../../harness/reports.ts'
import { vectorFile } from './vectors.ts'

const rows = vectorFile.tables.replyToNotification

/** The answers of our route in each case of the table; a case may have several variants. */
const cases: Record<string, (app: TestApp) => Promise<Response[]>> = {
  'verified, decrypted, ours, stored durably (new or duplicate)': async (app) => {
    const { notice, payment } = await givenNotice(app)
    const answers = [await postNotice(app, notice), await postNotice(app, notice)]
    expect(await paymentOf(app.deps, payment.sn)).toMatchObject({ status: 'SUCCESS', version: 2 })
    return answers
  },
  'verified, event type we do not own': async (app) => {
    const notice = signNotice(sealNotice({ id: 'any' }, { eventType: 'PAYSCORE.USER_PAID' }))
    const answers = [await postNotice(app, notice), await postNotice(app, notice)]
    expect(await app.deps.db.paymentMismatch.count()).toBe(1)
    return answers
  },
  'signature missing/wrong/SIGNTEST/unknown serial/outside window': async (app) => {
    const { notice } = await givenNotice(app)
    const { 'wechatpay-signature': signature = '', ...unsigned } = notice.headers
    const withHeader = (name: string, value: string) => ({ ...notice, headers: { ...notice.headers, [name]: value } })
    return postEach(app, [
      { ...notice, headers: unsigned },
      withHeader('wechatpay-signature', `${signature.slice(4)}AAAA`),
      withHeader('wechatpay-signature', `WECHATPAY/SIGNTEST/${signature}`),
      withHeader('wechatpay-serial', 'PUB_KEY_ID_0000000000000000000001'),
      signNotice(notice.body, { ageSeconds: 302 }),
    ])
  },
  'signature right, decrypt or parse fails': async (app) => {
    const { deps, alarms } = withAlerts(app.deps)
    Object.assign(app.deps, { log: deps.log })
    const answers = await postEach(app, [
      signNotice(sealNotice({}, { apiV3Key: 'k'.repeat(32) })),
      signNotice(sealNotice('not JSON')),
    ])
    expect(alarms).toEqual(['notice-key', 'notice-key'])
    return answers
  },
  'our database is down': async (app) => {
    const { notice } = await givenNotice(app)
    return [await whileDatabaseIsDown(app, () => postNotice(app, notice))]
  },
}

describe('the reply to a notice', () => {
  test.for(rows)('answers a notice with $http when: $case', async (row, { app }) => {
    const answers = (await cases[row.case]?.(app)) ?? []
    expect(answers.length).toBeGreaterThan(0)
    const statuses = (row.http.match(/\d{3}/g) ?? []).map(Number)
    for (const answer of answers) {
      expect(statuses).toContain(answer.status)
      const text = await answer.text()
      if (row.body === 'none needed') expect(text).toBe('')
      else expect(JSON.parse(text)).toEqual({ ...JSON.parse(row.body), message: expect.stringMatching(/./) })
    }
  })

  test('tests every case of the table of replies to notices', () => {
    expect(Object.keys(cases)).toEqual(rows.map((row) => row.case))
  })
})

async function givenNotice(app: TestApp) {
  const { payment } = await freshTapped(app)
  return { payment, notice: signNotice(sealNotice(paidContent(payment))) }
}

async function postEach(app: TestApp, notices: ForgedNotice[]): Promise<Response[]> {
  const answers: Response[] = []
  for (const notice of notices) answers.push(await postNotice(app, notice))
  return answers
}
