import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Database } from '../infra/database.ts'
import { describeReason } from '../infra/wait.ts'
import type { Text } from '../texts.ts'
import { decryptAead, type EncryptedResource } from '../wechat/cipher.ts'
import type { WechatPay } from '../wechat/merchant.ts'
import { echo } from '../wechat/security-echo.ts'
import { openByPresentKey } from './api-key.ts'
import { after, type Finding, runCheck, SkippedError, WrongError } from './finding.ts'
import { remedyTexts } from './remedies.ts'
import { checkTexts, rightTexts, skippedTexts, wrongTexts } from './texts.ts'

const REACH_MS = 5_000
const POLL_EVERY_MS = 100

/** In characters; our own answers are much shorter. */
const BEGINNING_LENGTH = 4_096

/** How long requesting the echo may take; the time for its notice comes after that. */
const ECHO_WITHIN_MS = 15_000

/**
 * Checks that WeChat's notices reach us: our route answers at the notice URL, and the notice of an echo arrives there.
 */
export async function* checkNotices(
  wechat: WechatPay,
  { db, trust, noticeWithinMs }: { db: Database | null; trust: Finding; noticeWithinMs: number },
): AsyncGenerator<Finding, void, undefined> {
  const route = await runCheck(checkTexts.route, remedyTexts.noticeUrl, () => checkRoute(wechat.notifyUrl))
  yield route
  const echoed = async () => {
    if (!db) throw new SkippedError(skippedTexts.noDatabase)
    return checkEcho(wechat, db, noticeWithinMs)
  }
  yield await runCheck(
    checkTexts.notice,
    remedyTexts.noticeUrl,
    after(trust, after(route, echoed)),
    noticeWithinMs + ECHO_WITHIN_MS,
  )
}

/**
 * Recognises our own route by its refusal: `{ code: FAIL }` with 401 for a body without signature, or with 503 while it
 * can't take notices. Anything else isn't our route.
 */
async function checkRoute(notifyUrl: string): Promise<Text> {
  const signal = AbortSignal.timeout(REACH_MS)
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(notifyUrl, { method: 'POST', headers, body: '{}', redirect: 'manual', signal }).catch(
    (error: unknown) => {
      throw new WrongError(wrongTexts.nobodyAtRoute(describeReason(error)), remedyTexts.noticeUrl)
    },
  )
  const text = await readBeginning(response)
  if (response.status === 401 && text.includes('"FAIL"')) return rightTexts.route
  if (response.status === 503 && text.includes('"FAIL"')) {
    throw new WrongError(wrongTexts.apiNotReady, remedyTexts.whenReady)
  }
  throw new WrongError(wrongTexts.otherAtRoute(response.status), remedyTexts.noticeUrl)
}

/** Reads the beginning only: the answer of something that isn't ours may have no end. */
async function readBeginning(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= BEGINNING_LENGTH) break
  }
  return text
}

/** The notice of an echo, as it is stored among the unhandled ones. */
const StoredEcho = z.object({
  content: z.object({ echo_message: z.string() }),
  resource: z.object({ ciphertext: z.string(), nonce: z.string(), associated_data: z.string().nullish() }),
})

/**
 * Requests an echo and waits until its notice is stored: then a running API has verified and decrypted it. That API may
 * have been started with another APIv3 key than the one examined here, so it is decrypted here once more.
 */
async function checkEcho(wechat: WechatPay, db: Database, withinMs: number): Promise<Text> {
  const { message } = await echo(wechat, { withNotice: true })
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    const stored = await db.paymentMismatch.findMany({
      where: { kind: 'EVENT_TYPE' },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: 20,
    })
    const ours = stored
      .map(({ content }) => StoredEcho.safeParse(content).data)
      .find((echo) => echo?.content.echo_message === message)
    if (ours) return openWith(wechat, ours.resource)
    await pause(POLL_EVERY_MS)
  }
  throw new WrongError(wrongTexts.noNotice, remedyTexts.noNotice)
}

async function openWith(wechat: WechatPay, resource: EncryptedResource): Promise<Text> {
  const otherwise = new WrongError(wrongTexts.otherKeyHere, remedyTexts.sameSettings)
  const open = ({ apiV3Keys }: WechatPay) => decryptAead(apiV3Keys, resource)
  await openByPresentKey(wechat, open, { what: wrongTexts.wechatNotice, otherwise })
  return rightTexts.notice
}
