import { createSn } from '../infra/numbers.ts'
import { downloadCertificates } from '../wechat/certificates.ts'
import { plainCode, WechatPayError } from '../wechat/errors.ts'
import type { WechatPay } from '../wechat/merchant.ts'
import { closeByOutTradeNo, prepay, queryByOutTradeNo } from '../wechat/pay.ts'
import { buildPrepayBody } from '../wechat/prepay-body.ts'
import { echo } from '../wechat/security-echo.ts'
import { openByPresentKey } from './api-key.ts'
import { after, describeFailure, type Finding, runCheck, SkippedError, unlessAlso, WrongError } from './finding.ts'

/** WeChat refuses a clock that is off by more than 5 minutes; one that is off by this much is on its way there. */
const TOLERATED_SKEW_SECONDS = 60

const CONNECT_MS = 5_000

/** WeChat's error codes when everything but the payer is right. */
const ABOUT_PARAMETERS = ['PARAMERROR', 'INVALIDREQUEST', 'OPENIDMISMATCH']

const SIGNATURE_REMEDY =
  'WECHAT_PAY_MCH_CERT_SERIAL must be the serial of the certificate that belongs to WECHAT_PAY_MCH_PRIVATE_KEY, and ' +
  'both of WECHAT_PAY_MCH_ID (merchant platform, account center, API security)'
const PUBLIC_KEY_REMEDY =
  'WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY must be the pair that the merchant platform shows (account ' +
  'center, API security)'
const CERTIFICATES_REMEDY =
  'set WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY as the merchant platform shows them (account center, API ' +
  'security), or see there that platform certificates are active'
const REACH_REMEDY = 'see that WECHAT_PAY_API_URL is right and can be reached from here'
const MERCHANT_REMEDY =
  'see that JSAPI payment is active for the merchant, and the account in order (merchant platform, product center)'

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
  const clock = await runCheck('clock', REACH_REMEDY, () => checkClock(wechat))
  yield clock
  // A clock that is off by minutes, or a WeChat that can't be reached, makes the signature fail as well.
  const signature = unlessAlso(
    clock,
    await runCheck('signature', SIGNATURE_REMEDY, () => checkSignature(wechat, mchid)),
  )
  yield signature
  const trust = yield* checkTrust(wechat, signature)
  yield await runCheck(
    'app and merchant',
    'bind the app to the merchant on the merchant platform (product center, AppID)',
    after(trust, () => checkBond(wechat, mchid, appid)),
  )
  return trust
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

/** Queries a number that doesn't exist: WeChat answers "no such order" only after it has verified our signature. */
async function checkSignature(wechat: WechatPay, mchid: string): Promise<string> {
  try {
    await queryByOutTradeNo(wechat, { outTradeNo: createSn('PA'), mchid })
  } catch (error) {
    if (!(error instanceof WechatPayError)) throw error
    if (plainCode(error.wechatCode) === 'ORDERNOTEXIST') return 'WeChat accepts what we sign'
    if (plainCode(error.wechatCode) === 'MCHNOTEXISTS')
      throw new WrongError('WeChat knows no such merchant', 'correct WECHAT_PAY_MCH_ID')
    // The request names the key for WeChat's answer (Wechatpay-Serial), and WeChat refuses one that it doesn't know.
    if (/wechatpay-serial|平台证书|公钥/i.test(error.hint ?? ''))
      throw new WrongError(describeFailure(error), PUBLIC_KEY_REMEDY)
    if (error.httpStatus === 401) throw new WrongError(describeFailure(error), SIGNATURE_REMEDY)
    throw new WrongError(describeFailure(error), remedyFor(error))
  }
  throw new WrongError('WeChat knows an order that was never made', 'see what answers at WECHAT_PAY_API_URL')
}

/** The remedy when WeChat refuses for any other reason. Without a code, the answer may not come from WeChat at all. */
function remedyFor({ action, wechatCode }: WechatPayError): string {
  if (!wechatCode) return REACH_REMEDY
  return action === 'repeat' ? 'run it again in a while' : MERCHANT_REMEDY
}

/** Checks WeChat's signature: by its public key, or by the platform certificates of a merchant without one. */
async function* checkTrust(wechat: WechatPay, signature: Finding): AsyncGenerator<Finding, Finding, undefined> {
  const hasPublicKey = wechat.trustStore.list().some(({ kind }) => kind === 'public-key')
  if (hasPublicKey) {
    const byKey = after(signature, () => checkAnswer(wechat, PUBLIC_KEY_REMEDY))
    const publicKey = await runCheck('public key', PUBLIC_KEY_REMEDY, byKey)
    yield publicKey
    return publicKey
  }
  const download = after(signature, () => checkDownload(wechat))
  const certificates = await runCheck('platform certificates', CERTIFICATES_REMEDY, download)
  yield certificates
  const byCertificate = after(certificates, () => checkAnswer(wechat, CERTIFICATES_REMEDY))
  const answer = await runCheck('WeChat’s signature', CERTIFICATES_REMEDY, byCertificate)
  yield answer
  return answer
}

async function checkDownload(wechat: WechatPay): Promise<string> {
  const otherwise = new WrongError('WECHAT_PAY_API_V3_KEY does not open them', 'correct WECHAT_PAY_API_V3_KEY')
  const result = await openByPresentKey(wechat, downloadCertificates, { what: 'them', otherwise })
  const count = wechat.trustStore.list().length
  if (result === 'updated' && count > 0) return `${count} of them, opened by WECHAT_PAY_API_V3_KEY`
  throw new WrongError(
    'this merchant has none',
    'set WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY (merchant platform, account center, API security)',
  )
}

/** Makes a call whose signed answer we must be able to verify. */
async function checkAnswer(wechat: WechatPay, remedy: string): Promise<string> {
  try {
    await echo(wechat)
    return `WeChat's signature holds, by ${wechat.trustStore.preferredId(wechat.now()) ?? 'no key'}`
  } catch (error) {
    throw new WrongError(describeFailure(error), remedy)
  }
}

/**
 * Requests a prepay of 1 fen for an openid that doesn't exist: WeChat checks that app and merchant are bound to each
 * other before it checks the payer. Where it is accepted all the same, as by the sandbox, the number is closed again.
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
    if (!ABOUT_PARAMETERS.includes(plainCode(error.wechatCode))) {
      throw new WrongError(describeFailure(error), remedyFor(error))
    }
  }
  return `${appid} may take payments for ${mchid}`
}

function isAboutApp(error: WechatPayError): boolean {
  return /appid/i.test(error.hint ?? '') && !/openid/i.test(error.hint ?? '')
}
