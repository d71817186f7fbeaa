import type { Texts } from '../texts.ts'

/** What each check is called; in JSON by its English name. A setting is called by its variable. */
export const checkTexts = {
  settings: { en: 'settings', zh: '配置' },
  database: { en: 'database', zh: '数据库' },
  migrations: { en: 'migrations', zh: '数据库迁移' },
  sessions: { en: 'database sessions', zh: '数据库会话' },
  binding: { en: 'merchant of the database', zh: '数据库所属商户' },
  workers: { en: 'workers', zh: 'worker 进程' },
  redis: { en: 'Redis', zh: 'Redis 服务' },
  clock: { en: 'clock', zh: '时钟' },
  signature: { en: 'signature', zh: '签名' },
  publicKey: { en: 'public key', zh: '微信支付公钥' },
  certificates: { en: 'platform certificates', zh: '平台证书' },
  wechatSignature: { en: 'WeChat’s signature', zh: '微信支付的签名' },
  bond: { en: 'app and merchant', zh: '小程序与商户' },
  route: { en: 'notice URL', zh: '通知地址' },
  notice: { en: 'notice', zh: '回调通知' },
  token: { en: 'access token', zh: 'access_token 凭证' },
  shipping: { en: 'shipping info', zh: '发货信息' },
} satisfies Texts

/** What is right. */
export const rightTexts = {
  settings: { en: 'complete and well-formed', zh: '完整，格式正确' },
  postgres: (version: number) => ({ en: `PostgreSQL ${version}`, zh: `是 PostgreSQL ${version}` }),
  migrated: { en: 'all applied', zh: '已全部执行' },
  sessions: { en: 'to be had, for the queue and migrations', zh: '可用，供队列和迁移使用' },
  ownMerchant: { en: 'this merchant’s', zh: '就是这个商户' },
  unbound: { en: 'nobody’s yet: the first start binds it', zh: '还没有：首次启动时绑定' },
  worker: { en: 'one runs', zh: '有一个在运行' },
  redis: { en: 'answers, and takes live updates', zh: '有应答，能推送实时更新' },
  clock: (seconds: number) => ({ en: `within ${seconds} s of WeChat's`, zh: `与微信相差不到 ${seconds} 秒` }),
  signed: { en: 'WeChat accepts what we sign', zh: '微信接受我们的签名' },
  downloaded: (count: number) => ({
    en: `${count} of them, opened by WECHAT_PAY_API_V3_KEY`,
    zh: `${count} 张，可用 WECHAT_PAY_API_V3_KEY 解密`,
  }),
  verified: (key: string) => ({
    en: `WeChat's signature holds, by ${key || 'no key'}`,
    zh: `微信的签名有效，所用密钥：${key || '无'}`,
  }),
  bound: (appid: string, mchid: string) => ({
    en: `${appid} may take payments for ${mchid}`,
    zh: `${appid} 可以为 ${mchid} 收款`,
  }),
  route: { en: 'our route answers there', zh: '那里应答的是我们的接口' },
  notice: { en: 'a notice came, verified and opened', zh: '收到了通知，验签和解密都成功' },
  token: { en: 'WeChat gives us one', zh: '微信给了我们一个' },
  template: (title: string) => ({ en: `“${title}”`, zh: `模板“${title}”` }),
  noShipping: { en: 'WeChat requires none', zh: '微信不要求' },
  shipping: {
    en: 'WeChat requires it, and it is uploaded for every order that is redeemed or expires',
    zh: '微信要求上传，每个核销或过期的订单都会上传',
  },
} satisfies Texts

/** Why a check isn't made. */
export const skippedTexts = {
  after: (check: { en: string; zh: string }) => ({
    en: `“${check.en}” has to be right first`,
    zh: `要先解决“${check.zh}”`,
  }),
  noRedis: { en: 'REDIS_URL is not set here', zh: '这里没有设置 REDIS_URL' },
  noDate: { en: 'WeChat sent no Date', zh: '微信没有给出 Date' },
  noDatabase: {
    en: 'the database, where the notice would be seen, has to be right first',
    zh: '要先解决数据库：通知要在那里查看',
  },
  noTemplate: { en: 'not set: this message is not sent', zh: '没有设置：不发送这种消息' },
} satisfies Texts

/** What is wrong. */
export const wrongTexts = {
  unexplained: (reason: string) => ({ en: reason, zh: `没有成功：${reason}` }),
  silence: (code: string) => ({ en: `WeChat does not answer (${code})`, zh: `微信没有应答（${code}）` }),
  refusal: (status: string, sentence?: string) => ({
    en: `WeChat answers ${status}${sentence ? `, “${sentence}”` : ''}`,
    zh: `微信应答 ${status}${sentence ? `，“${sentence}”` : ''}`,
  }),
  onlyPreviousKey: (what: { en: string; zh: string }) => ({
    en: `only WECHAT_PAY_API_V3_KEY_PREVIOUS opens ${what.en}`,
    zh: `只有 WECHAT_PAY_API_V3_KEY_PREVIOUS 能解密${what.zh}`,
  }),
  certificates: { en: 'them', zh: '它们' },
  wechatNotice: { en: 'WeChat’s notice', zh: '微信的通知' },
  oldPostgres: (oldest: number) => ({
    en: `PostgreSQL is older than ${oldest}`,
    zh: `PostgreSQL 版本低于 ${oldest}`,
  }),
  pooler: {
    en: 'a pooler answers, and drops what belongs to a session',
    zh: '应答的是连接池，属于会话的内容会丢失',
  },
  unmigrated: (count: number, first: string) => ({
    en: `${count} are not applied, the first is ${first}`,
    zh: `有 ${count} 个没有执行，第一个是 ${first}`,
  }),
  noWorker: (seconds: number) => ({
    en: `no worker was seen${Number.isFinite(seconds) ? ` for ${seconds} s` : ' yet'}`,
    zh: Number.isFinite(seconds) ? `${seconds} 秒没有见到 worker` : '还没有见到过 worker',
  }),
  clock: (seconds: number) => ({
    en: `our clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} WeChat's`,
    zh: `本机时钟比微信${seconds > 0 ? '快' : '慢'} ${Math.abs(seconds)} 秒`,
  }),
  noMerchant: { en: 'WeChat knows no such merchant', zh: '微信没有这个商户' },
  impossibleOrder: { en: 'WeChat knows an order that was never made', zh: '微信有一个从未下过的订单' },
  keyOpensNoCertificate: {
    en: 'WECHAT_PAY_API_V3_KEY does not open them',
    zh: 'WECHAT_PAY_API_V3_KEY 不能解密它们',
  },
  noCertificates: { en: 'this merchant has none', zh: '这个商户没有' },
  unbound: {
    en: 'this app and this merchant are not bound to each other',
    zh: '这个小程序与这个商户没有绑定',
  },
  nobodyAtRoute: (reason: string) => ({
    en: `nothing answers at the notice URL (${reason})`,
    zh: `通知地址没有应答（${reason}）`,
  }),
  apiNotReady: {
    en: 'our API answers there, and is starting, stopping or overrun',
    zh: '那里应答的是我们的 API，但它正在启动、停止或过载',
  },
  otherAtRoute: (status: number) => ({
    en: `something else answers at the notice URL, by ${status}`,
    zh: `通知地址应答的是别的东西，状态码 ${status}`,
  }),
  noNotice: {
    en: 'WeChat took the echo, and its notice was not accepted here',
    zh: '微信接受了自检，但这里没有接收到它的通知',
  },
  otherKeyHere: {
    en: 'the running API opened WeChat’s notice, and WECHAT_PAY_API_V3_KEY as it is here does not',
    zh: '运行中的 API 解密了微信的通知，而这里的 WECHAT_PAY_API_V3_KEY 不能',
  },
  noApp: { en: 'WeChat knows no such app', zh: '微信没有这个小程序' },
  otherSecret: { en: 'the secret is not this app’s', zh: 'AppSecret 不是这个小程序的' },
  addressNotAllowed: { en: 'this machine’s address is not allowed', zh: '本机地址不在白名单里' },
  needsConsent: { en: 'the call needs the administrator’s consent', zh: '这个调用需要管理员同意' },
  noTemplate: { en: 'the mini-program has no such template', zh: '小程序没有这个模板' },
  missingKeys: (title: string, keys: string, missing: string) => ({
    en: `“${title}” has ${keys}, and not ${missing}`,
    zh: `“${title}”有 ${keys}，没有 ${missing}`,
  }),
  unfilledKeys: (title: string, keys: string) => ({
    en: `“${title}” also has ${keys}, which no message fills, so WeChat refuses every one (47003)`,
    zh: `“${title}”还有 ${keys}，没有消息会填写，所以微信会拒绝每一条（47003）`,
  }),
  frozen: {
    en: 'WeChat freezes this mini-program’s money until shipping info is uploaded, and nobody uploads it',
    zh: '上传发货信息之前，微信会冻结这个小程序的资金，而现在没有上传',
  },
} satisfies Texts

/** What the report says beside its findings. */
export const reportTexts = {
  ok: { en: 'ok     ', zh: '正常' },
  wrong: { en: 'WRONG  ', zh: '有误' },
  skipped: { en: 'skipped', zh: '跳过' },
  nothingWrong: { en: 'Nothing is wrong.', zh: '一切正常。' },
  toMend: (count: number) => ({ en: `${count} to mend.`, zh: `有 ${count} 处要改。` }),
} satisfies Texts
