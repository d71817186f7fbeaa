import type { Texts } from '../texts.ts'

/** How what is wrong is corrected. */
export const remedyTexts = {
  database: { en: 'correct DATABASE_URL, or start PostgreSQL', zh: '请改正 DATABASE_URL，或启动 PostgreSQL' },
  upgradePostgres: { en: 'upgrade PostgreSQL', zh: '请升级 PostgreSQL' },
  migrate: { en: 'run `npm run db:migrate`', zh: '请运行 `npm run db:migrate`' },
  sessions: { en: 'correct DATABASE_DIRECT_URL', zh: '请改正 DATABASE_DIRECT_URL' },
  binding: { en: 'use the database of this merchant', zh: '请使用这个商户的数据库' },
  workers: {
    en: 'start `npm run worker`: without one no payment is applied to its order',
    zh: '请启动 `npm run worker`：没有它，支付结果不会同步到订单',
  },
  redis: { en: 'correct REDIS_URL, or start Redis', zh: '请改正 REDIS_URL，或启动 Redis' },
  redisRights: {
    en: 'allow this user of Redis +publish and +subscribe on the channels &looklook-pay:*, and +eval, +incr, +pttl and +expire on the keys ~looklook-pay:*',
    zh: '请授予这个 Redis 用户频道 &looklook-pay:* 上的 +publish、+subscribe，以及键 ~looklook-pay:* 上的 +eval、+incr、+pttl、+expire',
  },
  reachPay: {
    en: 'see that WECHAT_PAY_API_URL is right and can be reached from here',
    zh: '请检查 WECHAT_PAY_API_URL 是否正确，能否从本机访问',
  },
  clock: { en: 'set this machine’s clock by NTP', zh: '请用 NTP 校准本机时钟' },
  signature: {
    en:
      'WECHAT_PAY_MCH_CERT_SERIAL must be the serial of the certificate that belongs to WECHAT_PAY_MCH_PRIVATE_KEY, and ' +
      'both of WECHAT_PAY_MCH_ID (merchant platform, account center, API security)',
    zh:
      'WECHAT_PAY_MCH_CERT_SERIAL 必须是 WECHAT_PAY_MCH_PRIVATE_KEY 所属证书的序列号，且两者都属于 ' +
      'WECHAT_PAY_MCH_ID（商户平台 > 账户中心 > API 安全）',
  },
  publicKey: {
    en:
      'WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY must be the pair that the merchant platform shows (account ' +
      'center, API security)',
    zh: 'WECHAT_PAY_PUBLIC_KEY_ID 和 WECHAT_PAY_PUBLIC_KEY 必须是商户平台显示的那一对（账户中心 > API 安全）',
  },
  certificates: {
    en:
      'set WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY as the merchant platform shows them (account center, API ' +
      'security), or see there that platform certificates are active',
    zh:
      '请按商户平台的显示设置 WECHAT_PAY_PUBLIC_KEY_ID 和 WECHAT_PAY_PUBLIC_KEY（账户中心 > API 安全），' +
      '或在那里确认平台证书已启用',
  },
  usePublicKey: {
    en: 'set WECHAT_PAY_PUBLIC_KEY_ID and WECHAT_PAY_PUBLIC_KEY (merchant platform, account center, API security)',
    zh: '请设置 WECHAT_PAY_PUBLIC_KEY_ID 和 WECHAT_PAY_PUBLIC_KEY（商户平台 > 账户中心 > API 安全）',
  },
  merchant: {
    en: 'see that JSAPI payment is active for the merchant, and the account in order (merchant platform, product center)',
    zh: '请确认商户已开通 JSAPI 支付，账户状态正常（商户平台 > 产品中心）',
  },
  merchantId: { en: 'correct WECHAT_PAY_MCH_ID', zh: '请改正 WECHAT_PAY_MCH_ID' },
  whatAnswers: { en: 'see what answers at WECHAT_PAY_API_URL', zh: '请查明 WECHAT_PAY_API_URL 是谁在应答' },
  later: { en: 'run it again in a while', zh: '请稍后再运行一次' },
  bind: {
    en: 'bind the app to the merchant on the merchant platform (product center, AppID)',
    zh: '请在商户平台把小程序与商户绑定（产品中心 > AppID）',
  },
  bindOrCorrect: {
    en: 'correct WECHAT_APP_ID or WECHAT_PAY_MCH_ID, or bind them on the merchant platform (product center, AppID)',
    zh: '请改正 WECHAT_APP_ID 或 WECHAT_PAY_MCH_ID，或在商户平台绑定它们（产品中心 > AppID）',
  },
  apiV3Key: { en: 'correct WECHAT_PAY_API_V3_KEY', zh: '请改正 WECHAT_PAY_API_V3_KEY' },
  completeKeyChange: {
    en:
      'complete the change of the key on the merchant platform, or correct WECHAT_PAY_API_V3_KEY; right after the change, ' +
      'run it again in a while',
    zh: '请在商户平台完成密钥的更换，或改正 WECHAT_PAY_API_V3_KEY；如果刚刚换过，请稍后再运行一次',
  },
  noticeUrl: {
    en:
      'WECHAT_PAY_NOTIFY_URL must be the public https address of this API, ending in /wechat/pay/notify, without a login, a ' +
      'redirect or a firewall before it; start `npm run api` first',
    zh:
      'WECHAT_PAY_NOTIFY_URL 必须是这个 API 的公网 https 地址，以 /wechat/pay/notify 结尾，前面没有登录、跳转或防火墙；' +
      '请先启动 `npm run api`',
  },
  whenReady: {
    en: 'see what its /readyz says, and run this again when it is ready',
    zh: '请查看它的 /readyz，等它就绪后再运行一次',
  },
  noNotice: {
    en:
      'its first delivery may have been a probe, or lost: run it again. Otherwise the log of the API at the notice URL says ' +
      'why it was refused: alarm "notice-key" stands for another WECHAT_PAY_API_V3_KEY than the merchant platform has, ' +
      '"unknown-serial" for another key of WeChat’s than the API knows. A log that says nothing is that of an API with ' +
      'another database, or WeChat cannot reach the notice URL',
    zh:
      '第一次投递可能是签名探测，或丢失了：请再运行一次。否则请看通知地址上 API 的日志，那里写着拒绝的原因：告警 ' +
      '"notice-key" 表示 WECHAT_PAY_API_V3_KEY 与商户平台的不同，"unknown-serial" 表示微信用了 API 不认识的密钥。' +
      '如果日志里什么都没有，那么这个 API 用的是别的数据库，或者微信访问不到通知地址',
  },
  sameSettings: {
    en: 'start the API with these settings, or correct WECHAT_PAY_API_V3_KEY',
    zh: '请用这些配置启动 API，或改正 WECHAT_PAY_API_V3_KEY',
  },
  reachMini: {
    en: 'see that WECHAT_API_URL is right and can be reached from here',
    zh: '请检查 WECHAT_API_URL 是否正确，能否从本机访问',
  },
  appId: { en: 'correct WECHAT_APP_ID', zh: '请改正 WECHAT_APP_ID' },
  appSecret: { en: 'correct WECHAT_APP_SECRET', zh: '请改正 WECHAT_APP_SECRET' },
  allowAddress: {
    en: 'add it to the IP allow-list (mini-program console, development)',
    zh: '请把它加入 IP 白名单（小程序后台 > 开发管理）',
  },
  confirm: { en: 'confirm it in the mini-program console', zh: '请在小程序后台确认' },
  templatePage: {
    en: 'see the template’s page in the mini-program console',
    zh: '请在小程序后台查看这个模板',
  },
  correct: (variable: string) => ({ en: `correct ${variable}`, zh: `请改正 ${variable}` }),
  nameKeys: (variable: string) => ({
    en: `name its keys as ${variable}=ID:part=key,…`,
    zh: `请写明它的关键词：${variable}=ID:part=key,…`,
  }),
  chooseTemplate: (keys: number, variable: string) => ({
    en: `choose a template with ${keys} keys in the mini-program console, and set ${variable} to it`,
    zh: `请在小程序后台选一个有 ${keys} 个关键词的模板，并设为 ${variable}`,
  }),
  orderPage: {
    en: 'see the order page in the mini-program console',
    zh: '请查看小程序后台的订单页面',
  },
  uploadShipping: { en: 'set ORDER_UPLOAD_SHIPPING=true', zh: '请设置 ORDER_UPLOAD_SHIPPING=true' },
} satisfies Texts
