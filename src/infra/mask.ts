const SECRET_NAMES =
  '[\\w-]*authorization|cookie|[\\w-]*token|[\\w-]*secret|[\\w-]*password|[\\w-]*private[_-]?key[\\w-]*|pem|' +
  'session[_-]?key|api[_-]?v3[_-]?key[\\w-]*|trade[_-]?code|(?:js|login|phone)[_-]?code'
const PHONE_NAMES = '(?:pure)?[_-]?(?:phone|phone[_-]?number|mobile)'
const OPENID_NAMES = '[\\w-]*openid|unionid|touser'

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

/** A string property of JSON, or of JSON inside a JSON string. */
function property(names: string, mask: (value: string) => string): Rule {
  const plain = new RegExp(`("(?:${names})":")((?:[^"\\\\]|\\\\.)*)`, 'gi')
  const quoted = new RegExp(`(\\\\"(?:${names})\\\\": ?\\\\")([^"\\\\]*)`, 'gi')
  const replace = (_match: string, name: string, value: string) => `${name}${mask(value)}`
  return (text) => text.replace(plain, replace).replace(quoted, replace)
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
  property(SECRET_NAMES, () => HIDDEN),
  property(PHONE_NAMES, maskPhone),
  property(OPENID_NAMES, maskOpenid),
  pattern(/\b(access_token|secret|session_key|js_code|token)=[^&\s"'\\]+/gi, `$1=${HIDDEN}`),
  pattern(/\b(openid|unionid)=[^&\s"'\\]+/gi, `$1=${HIDDEN}`),
  pattern(/\b(Bearer|WECHATPAY2-SHA256-RSA2048) +[\w.~+/=-]+/g, `$1 ${HIDDEN}`),
  pattern(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^"]*?(?:-----END \1-----|(?="))/g, '[$1]'),
  // Begins with a fixed text for the same reason: otherwise a long word makes the search quadratic.
  pattern(/(:\/\/[^\s:/@"]*):[^\s/@"]+@/g, `$1:${HIDDEN}@`),
]

/** Masks secrets, phone numbers, openids and quoted rows anywhere in a log line. */
export function maskLine(line: string): string {
  return rules.reduce((masked, rule) => rule(masked), line)
}
