import { CUT, cutLine } from './cut.ts'

const SECRET_NAMES = [
  /(?:authorization|token|secret|password)$/i,
  /private[_-]?key/i,
  /^(?:cookie|pem|session[_-]?key|api[_-]?v3[_-]?key.*|trade[_-]?code|(?:js|login|phone)[_-]?code)$/i,
]
const PHONE_NAMES = [/^(?:pure)?[_-]?(?:phone|phone[_-]?number|mobile)$/i]
const OPENID_NAMES = [/openid$/i, /^(?:unionid|touser)$/i]

const ANY_NAME = new RegExp(
  [SECRET_NAMES, PHONE_NAMES, OPENID_NAMES]
    .flat()
    .map(({ source }) => source)
    .join('|'),
  'i',
)

const HIDDEN = '***'

const VISIBLE_START = 3
const VISIBLE_END = 4
const FEWEST_HIDDEN = 3

/** A phone number that its owner recognises and nobody can call: `138****1234`. */
export function maskPhone(phoneNumber: string): string {
  if (phoneNumber.length < VISIBLE_START + FEWEST_HIDDEN + VISIBLE_END) return `****${phoneNumber.slice(-2)}`
  return `${phoneNumber.slice(0, VISIBLE_START)}****${phoneNumber.slice(-VISIBLE_END)}`
}

/** An openid cut to its first and last four characters, which is enough to tell users apart in a log. */
function maskOpenid(openid: string): string {
  return openid.length < 12 ? HIDDEN : `${openid.slice(0, 4)}…${openid.slice(-4)}`
}

type Rule = (text: string) => string

/** What hides the value of a property of this name; undefined where it may be seen. */
function maskOf(name: string): Rule | undefined {
  // Nearly all may be seen, which one search finds sooner than six.
  if (!ANY_NAME.test(name)) return undefined
  const isAmong = (names: RegExp[]) => names.some((each) => each.test(name))
  if (isAmong(SECRET_NAMES)) return () => HIDDEN
  if (isAmong(PHONE_NAMES)) return maskPhone
  return isAmong(OPENID_NAMES) ? maskOpenid : undefined
}

/**
 * A string property of JSON, or of JSON inside a JSON string. Names are found first and judged then: one pattern for both
 * would try each name anew from every place inside it, and whoever chooses a long name could block the process.
 */
function property(found: RegExp): Rule {
  return (text) =>
    text.replace(found, (whole, before: string, name: string, between: string, value: string) => {
      const mask = maskOf(name)
      return mask ? `${before}${name}${between}${mask(value)}` : whole
    })
}

function pattern(found: RegExp, replacement: string): Rule {
  return (text) => text.replace(found, replacement)
}

/** Matches the rest of a JSON string, up to the frames of a stack trace. */
const REST = '(?:[^"\\\\]|\\\\(?!n {4}at ).)*'
/** How PostgreSQL's message continues after the values of a key. */
const AFTER_KEY =
  '\\) (?:already exists|is duplicated|is not present in table|is still referenced from table|conflicts with existing key)' +
  '|\\)\\.["`]|"|\\\\n {4}at |$'

/** Masks the values that PostgreSQL quotes when a row breaks a constraint; names of columns stay. */
const rowRules: Rule[] = [
  pattern(new RegExp(`(Failing row contains )\\(${REST}`, 'g'), `$1(${HIDDEN})`),
  // Bounded to 300 characters: otherwise a long word makes the search quadratic.
  pattern(new RegExp(`(\\bkey \\((?:[^"\\\\]|\\\\.){1,300}?\\)=\\()${REST}?(?=${AFTER_KEY})`, 'gi'), `$1${HIDDEN}`),
]

const rules: Rule[] = [
  ...rowRules,
  property(/(")([\w-]+)(":")((?:[^"\\]|\\.)*)/g),
  property(/(\\")([\w-]+)(\\": ?\\")([^"\\]*)/g),
  pattern(/\b(access_token|secret|session_key|js_code|token)=[^&\s"'\\]+/gi, `$1=${HIDDEN}`),
  pattern(/\b(openid|unionid)=[^&\s"'\\]+/gi, `$1=${HIDDEN}`),
  pattern(/\b(Bearer|WECHATPAY2-SHA256-RSA2048) +[\w.~+/=-]+/g, `$1 ${HIDDEN}`),
  pattern(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^"]*?(?:-----END \1-----|(?="))/g, '[$1]'),
  // Begins with a fixed text for the same reason: otherwise a long word makes the search quadratic. Where the text is cut,
  // its `@` may be what is missing.
  pattern(new RegExp(`(://[^\\s:/@"]*):[^\\s/@"${CUT}]+(@|(?=${CUT}))`, 'g'), `$1:${HIDDEN}$2`),
]

/**
 * Masks secrets, phone numbers, openids and quoted rows anywhere in a log line. What is too long is cut before, so that
 * the work is bounded, and a secret that the cut goes through is masked up to there.
 */
export function maskLine(line: string): string {
  return rules.reduce((masked, rule) => rule(masked), cutLine(line))
}
