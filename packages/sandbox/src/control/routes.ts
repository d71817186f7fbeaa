import { z } from 'zod'
import { plantInBills, readPlanted } from '../bill/planted.ts'
import { fen, parseJsonBody, parseParameters } from '../http/parameters.ts'
import { PayError } from '../http/pay-error.ts'
import type { Answer, Call, Route } from '../http/route.ts'
import { issueCertificate, validCertificates } from '../keys/platform-certificates.ts'
import { sendNotice } from '../notice/resend.ts'
import { payByNumber } from '../pay/payment.ts'
import { endRefund, refundManually, retryRefund } from '../refund/lifecycle.ts'
import { type TableName, tableNames } from '../store/ledger.ts'
import type { World } from '../world.ts'
import { changeSettings } from './change-settings.ts'
import { readEndpoint } from './faults.ts'

const secretTables = new Set<string>(['accessTokens', 'usedCodes', 'platformCertificates'] satisfies TableName[])

/** The whole ledger without tokens, used codes and keys. */
function showLedger(world: World): Record<string, unknown[]> {
  const shown = tableNames.filter((name) => !secretTables.has(name))
  return Object.fromEntries(shown.map((name) => [name, [...world.ledger[name].values()]]))
}

function listFaults(world: World): Answer {
  return { status: 200, json: world.faults.list() }
}

/** One fault or a list of them. */
function addFaults(world: World, call: Call): Answer {
  const faults = parseJsonBody(call.body)
  world.faults.add(...(Array.isArray(faults) ? faults : [faults]))
  return listFaults(world)
}

function clearFaults(world: World, call: Call): Answer {
  const name = call.query.get('endpoint')
  const endpoint = readEndpoint(name)
  if (name !== null && endpoint === undefined) throw new PayError('PARAM_ERROR', `No endpoint is called ${name}`)
  world.faults.clear(endpoint)
  return listFaults(world)
}

const refundEnd = z.enum(['SUCCESS', 'ABNORMAL', 'CLOSED'])
const ManualRefund = z.strictObject({ outTradeNo: z.string(), refundFen: fen.optional(), end: refundEnd.optional() })
const EndRefund = z.strictObject({ outRefundNo: z.string(), end: refundEnd })
const RetryRefund = z.strictObject({ outRefundNo: z.string(), end: refundEnd.optional() })
const LatePayment = z.strictObject({
  outTradeNo: z.string(),
  coupon: z.int().min(0).optional(),
  couponType: z.enum(['CASH', 'NOCASH']).optional(),
})
const Resend = z.strictObject({
  number: z.string(),
  copies: z.int().min(1).max(1000).optional(),
  newId: z.boolean().optional(),
  content: z.record(z.string(), z.unknown()).optional(),
})

function readBody<T>(schema: z.ZodType<T>, call: Call): T {
  return parseParameters(schema, parseJsonBody(call.body), 'body')
}

async function resend(world: World, call: Call): Promise<Answer> {
  const { number, ...changes } = readBody(Resend, call)
  return { status: 200, json: { statuses: await sendNotice(world, number, changes) } }
}

/** Pays as a bank that is late does: whether or not the order was closed or has expired. */
function payLate(world: World, call: Call): Answer {
  const { outTradeNo, coupon, couponType } = readBody(LatePayment, call)
  return { status: 200, json: payByNumber(world, outTradeNo, coupon, couponType) }
}

/** Sends the money of an ABNORMAL refund to another account, as an operator does on the merchant platform. */
function retry(world: World, call: Call): Answer {
  const { outRefundNo, end = 'SUCCESS' } = readBody(RetryRefund, call)
  const refund = world.ledger.refunds.get(outRefundNo)
  if (!refund) throw new PayError('RESOURCE_NOT_EXISTS')
  return { status: 200, json: retryRefund(world, refund, end) }
}

/** Makes bills say something else about payments and refunds from now on; an empty list ends it. */
function plant(world: World, call: Call): Answer {
  return { status: 200, json: plantInBills(world, readPlanted(parseJsonBody(call.body))) }
}

async function listCertificates(world: World): Promise<Answer> {
  const valid = world.settings.signedBy === 'public-key' ? [] : await validCertificates(world)
  return { status: 200, json: valid.map(({ privateKey: _secret, ...shown }) => shown) }
}

const IssueCertificate = z.strictObject({ lifeSeconds: z.int().min(1).optional() })

async function addCertificate(world: World, call: Call): Promise<Answer> {
  const { lifeSeconds } = readBody(IssueCertificate, call)
  await issueCertificate(world, lifeSeconds && lifeSeconds * 1000)
  return listCertificates(world)
}

export const controlRoutes: Route[] = [
  { method: 'GET', path: /^\/sandbox\/ledger$/, handle: (world) => ({ status: 200, json: showLedger(world) }) },
  { method: 'GET', path: /^\/sandbox\/settings$/, handle: (world) => ({ status: 200, json: world.settings }) },
  {
    method: 'POST',
    path: /^\/sandbox\/settings$/,
    handle: (world, call) => ({ status: 200, json: changeSettings(world, parseJsonBody(call.body)) }),
  },
  { method: 'GET', path: /^\/sandbox\/certificates$/, handle: listCertificates },
  { method: 'POST', path: /^\/sandbox\/certificates$/, handle: addCertificate },
  { method: 'GET', path: /^\/sandbox\/faults$/, handle: listFaults },
  { method: 'POST', path: /^\/sandbox\/faults$/, handle: addFaults },
  { method: 'DELETE', path: /^\/sandbox\/faults$/, handle: clearFaults },
  { method: 'POST', path: /^\/sandbox\/notices$/, handle: resend },
  { method: 'POST', path: /^\/sandbox\/late-payment$/, handle: payLate },
  {
    method: 'POST',
    path: /^\/sandbox\/manual-refund$/,
    handle: (world, call) => ({ status: 200, json: refundManually(world, readBody(ManualRefund, call)) }),
  },
  { method: 'POST', path: /^\/sandbox\/bill-differences$/, handle: plant },
  { method: 'POST', path: /^\/sandbox\/retry-refund$/, handle: retry },
  {
    method: 'POST',
    path: /^\/sandbox\/end-refund$/,
    handle(world, call) {
      const { outRefundNo, end } = readBody(EndRefund, call)
      return { status: 200, json: endRefund(world, outRefundNo, end) }
    },
  },
]
