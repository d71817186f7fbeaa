import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { exportDay } from '../bill/export.ts'
import type { Deps } from '../deps.ts'
import { InvalidInputError } from '../errors.ts'
import { sendJson } from '../http/json.ts'
import { parseDay } from '../infra/shanghai.ts'
import type { Language } from '../texts.ts'

const EXPORT = /^\/bill\/(\d{4}-\d{2}-\d{2})\.(csv|json)$/

const TYPES = { csv: 'text/csv; charset=utf-8', json: 'application/json' }

export interface BillExport {
  billOn: string
  format: 'csv' | 'json'
}

/** What `/bill/2026-11-26.csv` asks for; undefined for any other path. */
export function readExportPath(path: string): BillExport | undefined {
  const [, billOn = '', format] = EXPORT.exec(path) ?? []
  if ((format !== 'csv' && format !== 'json') || !parseDay(billOn)) return undefined
  return { billOn, format }
}

/** A day's bill as a file, written no faster than it is read. */
export async function sendExport(
  { db }: Pick<Deps, 'db'>,
  response: ServerResponse,
  { billOn, format, language }: BillExport & { language: Language },
): Promise<void> {
  const texts = exportDay(db, { billOn, format })
  const first = await texts.next().catch((error: unknown) => {
    if (error instanceof InvalidInputError) return error
    throw error
  })
  if (first instanceof InvalidInputError) {
    const message = first.fields.map(({ path, text }) => `${path} ${text[language]}`).join('\n')
    return sendJson(response, 404, { code: first.code, message })
  }
  response.writeHead(200, {
    'content-type': TYPES[format],
    'content-disposition': `attachment; filename="bill-${billOn}.${format}"`,
    'cache-control': 'no-store',
  })
  if (response.req.method === 'HEAD') {
    await texts.return(undefined)
    response.end()
    return
  }
  await pipeline(startingWith(first.value, texts), response).catch((error: unknown) => {
    // Whoever has closed the download has what they wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
  })
}

async function* startingWith(first: string | undefined, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first !== undefined) yield first
  yield* rest
}
