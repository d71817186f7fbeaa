import { createSn } from '../infra/numbers.ts'
import { plainCode, WechatPayError } from '../wechat/errors.ts'
import type { WechatPay } from '../wechat/merchant.ts'
import { closeByOutTradeNo, prepay, queryByOutTradeNo } from '../wechat/pay.ts'
import { buildPrepayBody } from '../wechat/prepay-body.ts'
import { echo } from '../wechat/security-echo.ts'
import { after, describeFailure, type Finding, runCheck, SkippedError, unlessAlso, WrongError } from './finding.ts'

/** WeChat refuses more than 5 minutes; a clock that is off by this much will be, sooner or later. */
const TOLERATED_SKEW_SECONDS = 60

const CONNECT_MS = 5_000

/** What WeChat says when everything but the payer is right. */
const ABOUT_PARAMETERS = ['PARAMERROR', 'INVALIDREQUEST', 'OPENIDMISMATCH']

const SIGNATURE_REMEDY =
  'WECHAT_PAY_MCH_CERT_SERIAL must be the serial of the certificate that belongs to WECHAT_PAY_MCH_PRIVATE_KEY, and ' +
  'both of WECHAT_PAY_MCH_ID (merchant platform, account center, API security)'
const PUBLIC_KEY_REMEDY =
  'WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY must be the pair that the merchant platform shows (account ' +
  'center, API security); merchants without a public key need platform certificates, opened with WECHAT_PAY_API_V3_KEY'

/** Whether WeChat Pay and we can talk: clock, signatures of both sides, and the app's bond with the merchant. */
export async function checkWechatPay(
  wechat: WechatPay,
  mchid: string,
  appid: string,
): Promise<Record<'clock' | 'signature' | 'trust' | 'bond', Finding>> {
  const clock = await runCheck('clock', 'see that WECHAT_PAY_API_URL can be reached from here', () =>
    checkClock(wechat),
  )
  // A signature fails by the clock alone when that is off by minutes, and when WeChat can't be reached at all.
  const signature = unlessAlso(
    clock,
    await runCheck('signature', SIGNATURE_REMEDY, () => checkSignature(wechat, mchid)),
  )
  const trust = await runCheck(
    'public key',
    PUBLIC_KEY_REMEDY,
    after(signature, () => checkTrust(wechat)),
  )
  const bond = await runCheck(
    'app and merchant',
    'bind the app to the merchant on the merchant platform (product center, AppID)',
    after(trust, () => checkBond(wechat, mchid, appid)),
  )
  return { clock, signature, trust, bond }
}

async function checkClock(wechat: WechatPay): Promise<string> {
  const response = await fetch(new URL('/', wechat.apiUrl), {
    signal: AbortSignal.timeout(CONNECT_MS),
    redirect: 'manual',
  })
  await response.body?.cancel()
  const theirs = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(theirs)) throw new SkippedError('WeChat sent no Date')
  const skewSeconds = Math.round((wechat.now().getTime() - theirs) / 1000)
  if (Math.abs(skewSeconds) <= TOLERATED_SKEW_SECONDS) return `within ${Math.abs(skewSeconds)} s of WeChat's`
  const direction = skewSeconds > 0 ? 'ahead of' : 'behind'
  throw new WrongError(
    `our clock is ${Math.abs(skewSeconds)} s ${direction} WeChat's`,
    'set this machine’s clock by NTP',
  )
}

/** A question about a number that doesn't exist: WeChat answers "no such order" only to those whose signature holds. */
async function checkSignature(wechat: WechatPay, mchid: string): Promise<string> {
  try {
    await queryByOutTradeNo(wechat, { outTradeNo: createSn('PA'), mchid })
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    if (plainCode(error.wechatCode) === 'ORDERNOTEXIST') return 'WeChat accepts what we sign'
    if (plainCode(error.wechatCode) === 'MCHNOTEXISTS')
      throw new WrongError('WeChat knows no such merchant', 'correct WECHAT_PAY_MCH_ID')
    // The request names the key that shall sign the answer, and WeChat says when it knows none by that name.
    if (/wechatpay-serial|平台证书|公钥/i.test(error.hint ?? ''))
      throw new WrongError(describeFailure(error), PUBLIC_KEY_REMEDY)
    if (error.httpStatus === 401) throw new WrongError(describeFailure(error), SIGNATURE_REMEDY)
    throw new WrongError(describeFailure(error), 'see that WECHAT_PAY_API_URL is right and can be reached from here')
  }
  throw new WrongError('WeChat knows an order that was never made', 'see what answers at WECHAT_PAY_API_URL')
}

/** An answer that we must verify. */
async function checkTrust(wechat: WechatPay): Promise<string> {
  try {
    await echo(wechat)
    return `WeChat's signature holds, by ${wechat.trustStore.preferredId() ?? 'no key'}`
  } catch (error) {
    throw new WrongError(describeFailure(error), PUBLIC_KEY_REMEDY)
  }
}

/**
 * Asks for a payment of 1 fen by a payer whom the app can't have. WeChat compares app and merchant before the payer. A
 * WeChat that takes it all the same, as the sandbox does, has it closed again.
 */
async function checkBond(wechat: WechatPay, mchid: string, appid: string): Promise<string> {
  const outTradeNo = createSn('PA')
  const timeExpire = new Date(Date.now() + 10 * 60_000)
  const order = { appid, mchid, outTradeNo, timeExpire, notifyUrl: wechat.notifyUrl, openid: 'doctor' }
  try {
    await prepay(wechat, buildPrepayBody({ ...order, description: '配置检查', totalFen: 1 }))
    await closeByOutTradeNo(wechat, { outTradeNo, mchid })
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    if (['APPIDMCHIDNOTMATCH', 'MCHNOTEXISTS'].includes(plainCode(error.wechatCode)) || isAboutApp(error)) {
      throw new WrongError(
        'this app and this merchant are not bound to each other',
        'correct WECHAT_APP_ID or WECHAT_PAY_MCH_ID, or bind them on the merchant platform (product center, AppID)',
      )
    }
    if (error.action === 'repeat') throw new WrongError(describeFailure(error), 'run it again in a while')
    if (!ABOUT_PARAMETERS.includes(plainCode(error.wechatCode))) {
      throw new WrongError(
        describeFailure(error),
        'see that JSAPI payment is active for the merchant, and the account in order (merchant platform, product center)',
      )
    }
  }
  return `${appid} may take payments for ${mchid}`
}

function isAboutApp(error: WechatPayError): boolean {
  return /appid/i.test(error.hint ?? '') && !/openid/i.test(error.hint ?? '')
}
