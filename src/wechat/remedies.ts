import { plainCode } from './errors.ts'

const SIGNATURE =
  'WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY must be the pair that the merchant platform shows, or its ' +
  'platform certificates be active; run npm run doctor'
const MERCHANT_RULE =
  'WeChat’s own words (err.hint) say which rule; look for messages to the merchant on the merchant platform'
const PARAMETERS = 'WeChat’s own words (err.hint) name the field: correct its setting, or report it as a fault of ours'
const APP = 'WECHAT_APP_ID and WECHAT_APP_SECRET must be those of the mini-program’s console'

/**
 * What an operator does about a refusal, by WeChat Pay's `code` (without underscores), the mini-program API's
 * `errcode`, or what stands for one: the fault of an answer's signature, or what was wrong on the way.
 */
const remedies: Readonly<Record<string, string>> = {
  SIGNERROR:
    'set this machine’s clock by NTP; WECHAT_PAY_MCH_CERT_SERIAL and WECHAT_PAY_MCH_PRIVATE_KEY must belong to ' +
    'WECHAT_PAY_MCH_ID; run npm run doctor',
  MCHNOTEXISTS: 'correct WECHAT_PAY_MCH_ID',
  APPIDMCHIDNOTMATCH: 'bind WECHAT_APP_ID to the merchant on the merchant platform (product center, AppID)',
  NOAUTH:
    'the merchant may not use this: see on the merchant platform that the product is active and the account isn’t blocked',
  RULELIMIT: MERCHANT_RULE,
  TRADEERROR: MERCHANT_RULE,
  ACCOUNTERROR: MERCHANT_RULE,
  USERACCOUNTABNORMAL:
    'the guest’s account can’t be used: send the refund to another account, or pay the guest yourself',
  NOTENOUGH: 'top up the merchant’s account; it is tried again by itself under the same number',
  OPENIDMISMATCH: 'the guest signed in by another mini-program: see that WECHAT_APP_ID hasn’t changed',
  PARAMERROR: PARAMETERS,
  INVALIDREQUEST: PARAMETERS,
  INVALIDTRANSACTIONID: PARAMETERS,
  clock: 'set this machine’s clock by NTP',
  'unknown-serial': SIGNATURE,
  signature: SIGNATURE,
  'apiv3-key': 'correct WECHAT_PAY_API_V3_KEY: it doesn’t open WeChat’s platform certificates',
  untrusted: 'see which certificate this machine gets for WeChat’s host, and set its clock by NTP',
  40013: APP,
  40125: APP,
  40001: `${APP}, and no other program may fetch access tokens by /cgi-bin/token`,
  40014: APP,
  42001: APP,
  40164: 'add this machine’s address to the IP allow-list of the mini-program’s console',
  89503: 'confirm this machine’s address in the mini-program’s console',
  45009: 'the day’s quota is used up: clear it in the mini-program’s console, or wait for tomorrow',
  40037: 'correct the WECHAT_TEMPLATE_* setting: the mini-program has no such template',
  41030: 'see that the page that the message opens is part of the released mini-program',
  43107: 'see in the mini-program’s console why its messages, or those of this template, are banned',
  45168: 'a value contains words that WeChat forbids: change the title of what was sold',
  47003: 'a value breaks the rule of its key, or a key has none: compare template and setting with npm run doctor',
}

const WAY =
  'something between us and WeChat answers in its place: see what WECHAT_API_URL and WECHAT_PAY_API_URL lead to'
const UNKNOWN =
  'look the code up in WeChat’s documentation of the endpoint; its support needs the Request-ID; run npm run doctor'

/** What an operator does about a refusal with this code. */
export function remedyOf(code: string): string {
  return code.startsWith('HTTP ') ? WAY : (knownRemedyOf(code) ?? UNKNOWN)
}

/** Undefined for a code that isn't known here. */
export function knownRemedyOf(code: string): string | undefined {
  const known = [code, plainCode(code)].find((spelling) => Object.hasOwn(remedies, spelling))
  return known && remedies[known]
}
