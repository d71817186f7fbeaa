import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { courseTexts } from '../../examples/course/texts.ts'
import * as act from '../../src/act/texts.ts'
import { adminTexts } from '../../src/admin/texts.ts'
import { billTexts } from '../../src/bill/texts.ts'
import * as config from '../../src/config/texts.ts'
import { consoleTexts } from '../../src/console/texts.ts'
import { remedyTexts } from '../../src/doctor/remedies.ts'
import * as doctor from '../../src/doctor/texts.ts'
import { NotFoundError, RateLimitedError, WechatUnavailableError } from '../../src/errors.ts'
import { graphqlTexts } from '../../src/graphql/texts.ts'
import * as http from '../../src/http/texts.ts'
import { infraTexts } from '../../src/infra/texts.ts'
import { operatorTexts } from '../../src/operator/texts.ts'
import * as order from '../../src/order/texts.ts'
import { paymentTexts } from '../../src/payment/texts.ts'
import type { Text, Texts } from '../../src/texts.ts'
import { timelineTexts } from '../../src/timeline/texts.ts'
import { userTexts } from '../../src/user/texts.ts'
import * as webhook from '../../src/webhook/texts.ts'
import { byName, sources } from './sources.ts'

const CHINESE = /\p{Script=Han}/u

/** By the file that each is in. */
const tables: Record<string, Texts[]> = {
  'act/texts.ts': Object.values(act),
  'admin/texts.ts': [adminTexts],
  'bill/texts.ts': [billTexts],
  'console/texts.ts': [consoleTexts],
  'config/texts.ts': Object.values(config),
  'doctor/texts.ts': Object.values(doctor),
  'graphql/texts.ts': [graphqlTexts],
  'http/texts.ts': Object.values(http),
  'infra/texts.ts': [infraTexts],
  'operator/texts.ts': [operatorTexts],
  'order/texts.ts': Object.values(order),
  'payment/texts.ts': [paymentTexts],
  'timeline/texts.ts': [timelineTexts],
  'user/texts.ts': [userTexts],
  'webhook/texts.ts': Object.values(webhook),
  '../doctor/remedies.ts': [remedyTexts],
  '../examples/course/texts.ts': [courseTexts],
}

const serializeError = pino.stdSerializers.err

const MONEY = {
  fen: 12_800,
  transactionId: '42',
  paymentSn: 'PA1',
  orderSn: 'HO1',
  outRefundNo: 'RE1',
  status: 'ABNORMAL',
}

const ENDPOINT = {
  id: 'we_1',
  url: 'https://example.com/',
  enabled: false,
  disabledReason: null,
  eventTypes: [],
  failingSince: null,
}

const DECIDED = { id: '019', resolution: 'ACCEPTED', decidedBy: 'Li Lei' }
const REPORTED = { outRefundNo: 'RE1', outTradeNo: 'PA1', refundFen: 100, status: 'SUCCESS' }
const NOUN: Text = { en: 'thing', zh: '东西' }

/** What a text is said about, where it isn't words. */
const VALUES: Record<string, unknown[]> = {
  after: [NOUN],
  already: [DECIDED],
  clock: [7],
  decidedBefore: [DECIDED],
  endpointAt: [ENDPOINT],
  endpointState: [ENDPOINT],
  noRsa: ['private'],
  noWorker: [7],
  oneOf: [['one', 'two', 'three']],
  onlyPreviousKey: [NOUN],
  other: ['certificate', 'private'],
  sentTo: ['RE1', NOUN],
  serverUrl: [['one:', 'two:']],
  setLike: [NOUN],
  templateKeyUnfit: ['one', 'two', ['three', 'four']],
  wouldAccept: [MONEY],
  wouldAdopt: [REPORTED, 'PROCESSING'],
  wouldRefund: [MONEY],
  wouldSend: [MONEY, NOUN],
  unknownTypes: [['one', 'two']],
}

/** A text as it is said about some value. */
function say(name: string, text: Texts[string]): Text {
  if (typeof text !== 'function') return text
  return (text as (...values: unknown[]) => Text)(...(VALUES[name] ?? ['WAIT_PAY', 'liveEndDate', 'remark']))
}

describe('the tables of texts', () => {
  test('are all known here', () => {
    const found = sources.filter(({ path }) => path.endsWith('/texts.ts')).map(({ path }) => path)
    const known = Object.keys(tables).filter((path) => !path.startsWith('..'))
    expect(known.toSorted(byName)).toEqual(found.toSorted(byName))
  })

  // What libraries say is passed on in English.
  const ours = Object.values(tables)
    .flat()
    .filter((table) => table !== http.libraryTexts)
  test.for(ours.flatMap((table) => Object.entries(table)))('say %s in English and in Chinese', ([name, text]) => {
    const { en, zh } = say(name, text)
    expect(en).not.toMatch(CHINESE)
    expect(zh).toMatch(CHINESE)
    expect(en).not.toMatch(/undefined|\[object/)
    expect(zh).not.toMatch(/undefined|\[object/)
  })

  test('hold what is said about a value, in both', () => {
    for (const text of [order.fieldTexts.nights(30), order.rangeTexts.tooLong(30), new RateLimitedError(30).text]) {
      expect(text.en).toContain('30')
      expect(text.zh).toContain('30')
    }
    expect(new NotFoundError(paymentTexts.payment).text.zh).toContain('支付单')
    expect(new WechatUnavailableError({ retryable: false }).text.zh).toMatch(CHINESE)
  })

  test('stay out of logs beside the message of an error', () => {
    const { message, ...logged } = serializeError(new NotFoundError(paymentTexts.payment))
    expect(message).toMatch(/^There is no such payment/)
    expect(JSON.stringify(logged)).not.toMatch(CHINESE)
  })

  test('don’t compile without one of the languages', () => {
    // @ts-expect-error -- it isn't said in Chinese
    const lacking = { hello: { en: 'Hello' } } satisfies Texts
    // @ts-expect-error -- nor is this
    const made = { hello: (name: string) => ({ en: `Hello, ${name}` }) } satisfies Texts
    expect([lacking, made]).toHaveLength(2)
  })
})
