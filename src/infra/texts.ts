import type { Texts } from '../texts.ts'

/** What a person who sets the system up is told about its servers. */
export const infraTexts = {
  late: (seconds: number) => ({ en: `no answer within ${seconds} s`, zh: `${seconds} 秒内没有应答` }),
  pooler: {
    en:
      'a pooler in transaction mode answers: set DATABASE_PREPARED_STATEMENTS=false, and DATABASE_DIRECT_URL to the URL ' +
      'of PostgreSQL itself',
    zh:
      '应答的是事务模式的连接池：请设置 DATABASE_PREPARED_STATEMENTS=false，并把 DATABASE_DIRECT_URL 设为 PostgreSQL ' +
      '本身的地址',
  },
  userRefused: {
    en: 'the database refuses this user: check DATABASE_URL',
    zh: '数据库拒绝了这个用户：请检查 DATABASE_URL',
  },
  noDatabase: {
    en: 'the database that DATABASE_URL names does not exist yet: create it',
    zh: 'DATABASE_URL 所指的数据库还不存在：请创建它',
  },
  otherWechat: (bound: string, configured: string) => ({
    en:
      `This database belongs to merchant ${bound}, and the configuration names ${configured}. Use the database of that ` +
      'merchant, or correct WECHAT_PAY_MCH_ID or WECHAT_PAY_API_URL.',
    zh:
      `这个数据库属于商户 ${bound}，而配置的是 ${configured}。请使用该商户的数据库，或改正 WECHAT_PAY_MCH_ID 或 ` +
      'WECHAT_PAY_API_URL。',
  }),
} satisfies Texts
