/** A load generator: guests who book, tap and pay, and WeChat's notices about them. */
import type { Credentials } from '@looklook-pay/sandbox'
import { createNotices, type HttpRequest } from '../notices.ts'
import { bookRequest, tapRequest } from '../operations.ts'
import { type Connection, encodeRequest, openConnection } from './connection.ts'
import { eachOf, serveJobs } from './generator.ts'

export interface GuestsJob {
  url: string
  credentials: Credentials
  connections: number
  guests: GuestOfJob[]
}

export interface GuestOfJob {
  token: string
  openid: string
  homestayId: string
  day: string
  nextDay: string
  totalFen: number
}

export interface GuestsResult {
  /** Of the part in which guests take part: until the last notice was answered. */
  seconds: number
}

serveJobs(async ({ url, credentials, connections, guests }: GuestsJob): Promise<GuestsResult> => {
  const notice = createNotices(credentials)
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(url)))
  const buy = async (guest: GuestOfJob, runner: number) => {
    const connection = opened[runner] as Connection
    const post = async (request: HttpRequest) => (await connection.send(encodeRequest(url, request))).body
    const booked = await post(bookRequest(guest.token, guest))
    const sn = find(/"sn":"([^"]+)"/, booked)
    const outTradeNo = find(/"paymentSn":"([^"]+)"/, await post(tapRequest(guest.token, sn)))
    const paid = { outTradeNo, openid: guest.openid, totalFen: guest.totalFen }
    const { status, body } = await connection.send(encodeRequest(url, notice(paid)))
    if (status !== 204) throw new Error(`the notice was answered ${status} ${body}`)
  }
  const startedAt = performance.now()
  await eachOf(guests, connections, buy)
  for (const connection of opened) connection.close()
  return { seconds: (performance.now() - startedAt) / 1000 }
})

function find(pattern: RegExp, text: string): string {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`a guest got ${text}`)
  return found
}
