import { createSn } from '../infra/numbers.ts'
import type { Text } from '../texts.ts'
import { downloadCertificates } from '../wechat/certificates.ts'
import { plainCode, WechatPayError } from '../wechat/errors.ts'
import type { WechatPay } from '../wechat/merchant.ts'
import { closeByOutTradeNo, prepay, queryByOutTradeNo } from '../wechat/pay.ts'
import { buildPrepayBody } from '../wechat/prepay-body.ts'
import { echo } from '../wechat/security-echo.ts'
import { TOLERATED_SKEW_SECONDS } from '../wechat/watch.ts'
import { openByPresentKey } from './api-key.ts'
import { after, describeFailure, type Finding, runCheck, SkippedError, unlessAlso, WrongError } from './finding.ts'
import { remedyTexts } from './remedies.ts'
import { checkTexts, rightTexts, skippedTexts, wrongTexts } from './texts.ts'

const CONNECT_MS = 5_000

/** WeChat's error codes when everything but the payer is right. */
const ABOUT_PARAMETERS = ['PARAMERROR', 'INVALIDREQUEST', 'OPENIDMISMATCH']

/**
 * Checks the connection to WeChat Pay: the clock, the signatures of both sides, and that the app is bound to the
 * merchant.
 *
 * @returns the finding about WeChat's signature, without which no notice can be verified.
 */
export async function* checkWechatPay(
  wechat: WechatPay,
  mchid: string,
  appid: string,
): AsyncGenerator<Finding, Finding, undefined> {
  const clock = await runCheck(checkTexts.clock, remedyTexts.reachPay, () => checkClock(wechat))
  yield clock
  // A clock that is off by minutes, or a WeChat that can't be reached, makes the signature fail as well.
  const signature = unlessAlso(
    clock,
    await runCheck(checkTexts.signature, remedyTexts.signature, () => checkSignature(wechat, mchid)),
  )
  yield signature
  const trust = yield* checkTrust(wechat, signature)
  yield await runCheck(
    checkTexts.bond,
    remedyTexts.bind,
    after(trust, () => checkBond(wechat, mchid, appid)),
  )
  return trust
}

async function checkClock(wechat: WechatPay): Promise<Text> {
  const response = await fetch(new URL('/', wechat.apiUrl), {
    signal: AbortSignal.timeout(CONNECT_MS),
    redirect: 'manual',
  })
  await response.body?.cancel()
  const theirs = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(theirs)) throw new SkippedError(skippedTexts.noDate)
  const skewSeconds = Math.round((wechat.now().getTime() - theirs) / 1000)
  if (Math.abs(skewSeconds) <= TOLERATED_SKEW_SECONDS) return rightTexts.clock(Math.abs(skewSeconds))
  throw new WrongError(wrongTexts.clock(skewSeconds), remedyTexts.clock)
}

/** Queries a number that doesn't exist: WeChat answers "no such order" only after it has verified our signature. */
async function checkSignature(wechat: WechatPay, mchid: string): Promise<Text> {
  try {
    await queryByOutTradeNo(wechat, { outTradeNo: createSn('PA'), mchid })
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    if (plainCode(error.wechatCode) === 'ORDERNOTEXIST') return rightTexts.signed
    if (plainCode(error.wechatCode) === 'MCHNOTEXISTS')
      throw new WrongError(wrongTexts.noMerchant, remedyTexts.merchantId)
    // The request names the key for WeChat's answer (Wechatpay-Serial), and WeChat refuses one that it doesn't know.
    if (/wechatpay-serial|平台证书|公钥/i.test(error.hint ?? ''))
      throw new WrongError(describeFailure(error), remedyTexts.publicKey)
    if (error.httpStatus === 401) throw new WrongError(describeFailure(error), remedyTexts.signature)
    throw new WrongError(describeFailure(error), remedyFor(error))
  }
  throw new WrongError(wrongTexts.impossibleOrder, remedyTexts.whatAnswers)
}

/** The remedy when WeChat refuses for any other reason. Without a code, the answer may not come from WeChat at all. */
function remedyFor({ action, wechatCode }: WechatPayError): Text {
  if (!wechatCode) return remedyTexts.reachPay
  return action === 'repeat' ? remedyTexts.later : remedyTexts.merchant
}

/** Checks WeChat's signature: by its public key, or by the platform certificates of a merchant without one. */
async function* checkTrust(wechat: WechatPay, signature: Finding): AsyncGenerator<Finding, Finding, undefined> {
  const hasPublicKey = wechat.trustStore.list().some(({ kind }) => kind === 'public-key')
  if (hasPublicKey) {
    const byKey = after(signature, () => checkAnswer(wechat, remedyTexts.publicKey))
    const publicKey = await runCheck(checkTexts.publicKey, remedyTexts.publicKey, byKey)
    yield publicKey
    return publicKey
  }
  const download = after(signature, () => checkDownload(wechat))
  const certificates = await runCheck(checkTexts.certificates, remedyTexts.certificates, download)
  yield certificates
  const byCertificate = after(certificates, () => checkAnswer(wechat, remedyTexts.certificates))
  const answer = await runCheck(checkTexts.wechatSignature, remedyTexts.certificates, byCertificate)
  yield answer
  return answer
}

async function checkDownload(wechat: WechatPay): Promise<Text> {
  const otherwise = new WrongError(wrongTexts.keyOpensNoCertificate, remedyTexts.apiV3Key)
  const result = await openByPresentKey(wechat, downloadCertificates, { what: wrongTexts.certificates, otherwise })
  const count = wechat.trustStore.list().length
  if (result === 'updated' && count > 0) return rightTexts.downloaded(count)
  throw new WrongError(wrongTexts.noCertificates, remedyTexts.usePublicKey)
}

/** Makes a call whose signed answer we must be able to verify. */
async function checkAnswer(wechat: WechatPay, remedy: Text): Promise<Text> {
  try {
    await echo(wechat)
    return rightTexts.verified(wechat.trustStore.preferredId(wechat.now()) ?? '')
  } catch (error) {
    throw new WrongError(describeFailure(error), remedy)
  }
}

/**
 * Requests a prepay of 1 fen for an openid that doesn't exist: WeChat checks that app and merchant are bound to each
 * other before it checks the payer. Where it is accepted all the same, as by the sandbox, the number is closed again.
 */
async function checkBond(wechat: WechatPay, mchid: string, appid: string): Promise<Text> {
  const outTradeNo = createSn('PA')
  const timeExpire = new Date(Date.now() + 10 * 60_000)
  const order = { appid, mchid, outTradeNo, timeExpire, notifyUrl: wechat.notifyUrl, openid: 'doctor' }
  try {
    await prepay(wechat, buildPrepayBody({ ...order, description: '配置检查', totalFen: 1 }))
    await closeByOutTradeNo(wechat, { outTradeNo, mchid })
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    if (['APPIDMCHIDNOTMATCH', 'MCHNOTEXISTS'].includes(plainCode(error.wechatCode)) || isAboutApp(error)) {
      throw new WrongError(wrongTexts.unbound, remedyTexts.bindOrCorrect)
    }
    if (!ABOUT_PARAMETERS.includes(plainCode(error.wechatCode))) {
      throw new WrongError(describeFailure(error), remedyFor(error))
    }
  }
  return rightTexts.bound(appid, mchid)
}

function isAboutApp(error: WechatPayError): boolean {
  return /appid/i.test(error.hint ?? '') && !/openid/i.test(error.hint ?? '')
}
