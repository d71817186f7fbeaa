import type { WechatCall } from '../../prisma/client/client.ts'
import type { Database } from '../infra/database.ts'
import { type Entry, sentence } from './entry.ts'

/** More are left out, the oldest first: a refund that can't be made is tried for months. */
const MOST_CALLS = 2_000

const NOTICE = /^notice /

/** What passed between WeChat and us about these numbers: our calls, try by try, and its notices. */
export async function readExchanges(db: Database, numbers: string[]): Promise<Entry[]> {
  const calls = await db.wechatCall.findMany({
    where: { number: { in: numbers } },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: MOST_CALLS,
  })
  return calls.toReversed().map(callEntry)
}

function callEntry({ at, number, endpoint, status, code, requestId, durationMs }: WechatCall): Entry {
  const detail = { endpoint, status, code, requestId, durationMs }
  if (NOTICE.test(endpoint)) {
    const text = sentence(
      `${endpoint.replace(NOTICE, '')} came`,
      status === null ? `not answered in ${durationMs} ms` : `answered ${status} in ${durationMs} ms`,
      named(requestId),
    )
    return { at, kind: 'notice', number, text, detail }
  }
  const answer = status === null ? `no answer (${code}) in ${durationMs} ms` : answered(status, code, durationMs)
  return { at, kind: 'call', number, text: sentence(`${endpoint}: ${answer}`, named(requestId)), detail }
}

function answered(status: number, code: string | null, durationMs: number): string {
  return `${status}${code === null ? '' : ` ${code}`} in ${durationMs} ms`
}

function named(requestId: string | null): string {
  return requestId === null ? '' : `Request-ID ${requestId}`
}
