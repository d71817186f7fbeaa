import type { Texts } from '../texts.ts'

/** What is wrong with a setting, after its name. */
export const faultTexts = {
  missing: { en: 'is missing', zh: '没有设置' },
  malformed: { en: 'is malformed', zh: '格式不对' },
  wholeNumber: (from: number, to: number) => ({
    en: `must be a whole number from ${from} to ${to}`,
    zh: `必须是 ${from} 到 ${to} 的整数`,
  }),
  serverUrl: (schemes: string[]) => ({
    en: `must be a URL that begins with ${schemes.join(' or ')}`,
    zh: `必须是以 ${schemes.join(' 或 ')} 开头的地址`,
  }),
  production: { en: 'must be spelled production if it is meant', zh: '如果指生产环境，必须写作 production' },
  host: { en: 'must be a host name or an IP address', zh: '必须是主机名或 IP 地址' },
  secretShort: { en: 'must be at least 32 bytes long', zh: '至少要有 32 字节' },
  secretPlain: { en: 'must be random, and not a few letters repeated', zh: '必须是随机的，不能是少数几个字母的重复' },
  oneOf: (values: readonly string[]) => ({
    en: `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
    zh: `必须是 ${values.slice(0, -1).join('、')} 或 ${values.at(-1)}`,
  }),
  hostNames: { en: 'must be names of hosts, separated by commas', zh: '必须是主机名，用逗号分隔' },
  origins: { en: 'must be origins without a path, separated by commas', zh: '必须是不带路径的来源，用逗号分隔' },
  brokers: { en: 'must be hosts with their ports, separated by commas', zh: '必须是带端口的主机，用逗号分隔' },
  topic: { en: 'must be the name of a topic', zh: '必须是 topic 的名称' },
  positive: { en: 'must be a positive number', zh: '必须是正数' },
  seconds: { en: 'must be seconds separated by commas', zh: '必须是用逗号分隔的秒数' },
  rising: { en: 'must be rising numbers of seconds above 0', zh: '必须是大于 0 且递增的秒数' },
  url: { en: 'must be a URL', zh: '必须是网址' },
  consoleUrl: {
    en: 'must be an https URL without a query, or an http one of this machine',
    zh: '必须是不带查询参数的 https 网址，或本机的 http 网址',
  },
  consolePath: {
    en: 'must have no path: this console answers at the root of a name of its own',
    zh: '不能带路径：控制台只在自己域名的根路径上应答',
  },
  noProduction: {
    en: 'must not be production, where the real WeChat is needed',
    zh: '不能是 production：生产环境需要真实的微信',
  },
  productionWithSandbox: {
    en: 'production needs the real WeChat: set the WECHAT_ variables, or NODE_ENV',
    zh: '为 production 时需要真实的微信：请设置各个 WECHAT_ 变量，或改 NODE_ENV',
  },
  exposedSandbox: {
    en: 'must be a loopback address while the sandbox is used, unless ALLOW_SANDBOX_ON_NETWORK=true',
    zh: '在使用沙箱时必须是回环地址，除非设置 ALLOW_SANDBOX_ON_NETWORK=true',
  },
  noProxies: {
    en: 'is 0, but https ends in a proxy before the API: all guests share the limits of its one address',
    zh: '为 0，但 https 终止于 API 之前的代理：所有客人共用它那一个地址的限额',
  },
} satisfies Texts

/** The same, of the settings about WeChat. */
export const wechatFaultTexts = {
  appid: { en: 'must be 1 to 32 letters and digits', zh: '必须是 1 到 32 个字母和数字' },
  secret: { en: 'must be the AppSecret, without spaces', zh: '必须是 AppSecret，不含空格' },
  mchid: { en: 'must be 1 to 32 digits', zh: '必须是 1 到 32 位数字' },
  serial: {
    en: "must be the hexadecimal serial number of the merchant's API certificate",
    zh: '必须是商户 API 证书的十六进制序列号',
  },
  serialIsKeyId: {
    en: 'holds the id of WeChat Pay’s public key, and the serial number of the merchant’s certificate belongs here',
    zh: '是微信支付公钥 ID，而这里应填商户 API 证书的序列号',
  },
  apiV3Key: { en: 'must be exactly 32 letters and digits', zh: '必须正好是 32 个字母和数字' },
  samePreviousKey: {
    en: 'is the present key: set the one before the change, or none',
    zh: '就是现在的密钥：请填更换之前的，或不填',
  },
  notifyUrl: (isHttpAllowed: boolean) => ({
    en: `must be an ${isHttpAllowed ? HTTPS_OR_LOOPBACK.en : 'https'} URL without user, password or query, up to 255 long`,
    zh: `必须是不带用户、密码和查询串的 ${isHttpAllowed ? HTTPS_OR_LOOPBACK.zh : 'https'} 地址，最长 255`,
  }),
  apiUrl: (isHttpAllowed: boolean) => ({
    en: `must be ${isHttpAllowed ? HTTPS_OR_LOOPBACK.en : 'https'}, host and port alone`,
    zh: `必须只有 ${isHttpAllowed ? HTTPS_OR_LOOPBACK.zh : 'https'}、主机和端口`,
  }),
  publicKeyId: { en: 'must be PUB_KEY_ID_ and digits', zh: '必须是 PUB_KEY_ID_ 加数字' },
  publicKeyIdIsSerial: {
    en: 'holds a serial number, or an id that lost its beginning: it begins with PUB_KEY_ID_',
    zh: '是序列号，或缺了开头的 ID：ID 以 PUB_KEY_ID_ 开头',
  },
  template: (keys: string) => ({
    en: `must be a template id, with other keys than ${keys} named as ID:part=key,…`,
    zh: `必须是模板 ID；关键词不是 ${keys} 的，写作 ID:part=key,…`,
  }),
  templateKeyTwice: {
    en: 'names one key for two parts, so one would be lost',
    zh: '把同一个关键词用于两项内容，其中一项会丢失',
  },
  templateKeyUnfit: (part: string, type: string, fitting: readonly string[]) => ({
    en: `gives ${part} a key of type ${type}, which can never hold it: choose a key of type ${fitting.join(' or ')}`,
    zh: `给 ${part} 用了 ${type} 类型的关键词，放不下它的内容：请选 ${fitting.join(' 或 ')} 类型的关键词`,
  }),
} satisfies Texts

const HTTPS_OR_LOOPBACK = { en: 'https (http for loopback hosts alone)', zh: 'https（仅回环主机可用 http）' }

/** What is wrong with a key, after the name of its setting. */
export const keyFaultTexts = {
  private: {
    en: 'must be an RSA private key of 2048 bits or more, as PEM text or as the path of a readable file',
    zh: '必须是 2048 位以上的 RSA 私钥，写成 PEM 文本，或写成可读文件的路径',
  },
  public: {
    en: 'must be an RSA public key of 2048 bits or more, as PEM text or as the path of a readable file',
    zh: '必须是 2048 位以上的 RSA 公钥，写成 PEM 文本，或写成可读文件的路径',
  },
  published: {
    en: 'holds a key of the test vectors, which everybody has',
    zh: '是测试向量里的密钥，人人都有',
  },
  damaged: { en: 'holds a key that is damaged: paste the file unchanged', zh: '里的密钥已损坏：请原样粘贴文件' },
  other: (found: Found, wanted: 'private' | 'public') => ({
    en: `holds ${named[found].en}, and ${belongs[wanted].en}`,
    zh: `是${named[found].zh}，而${belongs[wanted].zh}`,
  }),
  noRsa: (wanted: 'private' | 'public') => ({
    en: `holds a key that isn’t RSA, and ${belongs[wanted].en}`,
    zh: `里的密钥不是 RSA 的，而${belongs[wanted].zh}`,
  }),
  weak: (bits: number) => ({
    en: `holds an RSA key of less than ${bits} bits`,
    zh: `里的 RSA 密钥不足 ${bits} 位`,
  }),
  ownKey: {
    en: 'is the merchant’s own key, and WeChat Pay’s public key belongs here (pub_key.pem)',
    zh: '是商户自己的密钥，而这里应填微信支付公钥（pub_key.pem）',
  },
  noPem: { en: 'names a file that holds no PEM text', zh: '所指的文件里没有 PEM 文本' },
  noFile: {
    en: 'is no PEM text, and as a path it names no such file',
    zh: '不是 PEM 文本，作为路径也没有这个文件',
  },
  unreadable: { en: 'names a file that this user may not read', zh: '所指的文件当前用户无权读取' },
  folder: { en: 'names a folder, not a file', zh: '所指的是文件夹，不是文件' },
  neither: {
    en: 'is neither PEM text nor the path of a readable file',
    zh: '既不是 PEM 文本，也不是可读文件的路径',
  },
  passphrase: {
    en: 'holds a key that a passphrase protects: store it without one',
    zh: '里的密钥有密码保护：请存成没有密码的',
  },
  cutOff: {
    en: 'is PEM text that is cut off: its END line is missing',
    zh: '是不完整的 PEM 文本：缺少 END 行',
  },
} satisfies Texts

type Found = keyof typeof named

const named = {
  private: { en: 'a private key', zh: '私钥' },
  public: { en: 'a public key', zh: '公钥' },
  certificate: { en: 'a certificate', zh: '证书' },
  other: { en: 'something else', zh: '别的东西' },
} satisfies Texts

/** What belongs where something else was found, by the names that the merchant platform gives its files. */
const belongs = {
  private: {
    en: 'the merchant’s private key belongs here (apiclient_key.pem)',
    zh: '这里应填商户私钥（apiclient_key.pem）',
  },
  public: { en: 'WeChat Pay’s public key belongs here (pub_key.pem)', zh: '这里应填微信支付公钥（pub_key.pem）' },
} satisfies Texts

/** Values to set, where one can't be given as an example. */
export const exampleTexts = {
  sessionSecret: { en: 'the output of: openssl rand -base64 48', zh: '这个命令的输出：openssl rand -base64 48' },
  appSecret: { en: '32 letters and digits', zh: '32 个字母和数字' },
  apiV3Key: { en: 'the APIv3 key set on the merchant platform', zh: '在商户平台设置的 APIv3 密钥' },
  template: (key: string) => ({
    en: `TEMPLATE_ID, or TEMPLATE_ID:${key}=${key.replace(/\d+$/, '9')}`,
    zh: `TEMPLATE_ID，或 TEMPLATE_ID:${key}=${key.replace(/\d+$/, '9')}`,
  }),
} satisfies Texts

/** How a setting is corrected. */
export const settingRemedies = {
  set: { en: 'set it (.env.example describes it)', zh: '请设置它（.env.example 里有说明）' },
  setLike: (example: { en: string; zh: string }) => ({
    en: `set it, for example ${example.en} (.env.example describes it)`,
    zh: `请设置它，例如 ${example.zh}（.env.example 里有说明）`,
  }),
  countProxies: {
    en: 'set TRUSTED_PROXIES to the number of proxies that write X-Forwarded-For: 1 for an nginx or a load balancer',
    zh: '请把 TRUSTED_PROXIES 设为会写 X-Forwarded-For 的代理个数：一个 nginx 或负载均衡就是 1',
  },
} satisfies Texts
