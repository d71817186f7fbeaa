import type { Texts } from '../texts.ts'

/** What an operator reads about webhooks: the rules of input after the name of its field. */
export const webhookTexts = {
  endpoint: { en: 'webhook endpoint', zh: '回调地址' },
  event: { en: 'event', zh: '事件' },
  tooManyEndpoints: (most: number) => ({
    en: `would be one more than ${most} endpoints`,
    zh: `会超过 ${most} 个回调地址的上限`,
  }),
  unknownTypes: (known: readonly string[]) => ({
    en: `must be some of ${known.join(', ')}`,
    zh: `只能是 ${known.join('、')} 中的若干个`,
  }),
  nothingLost: {
    en: 'needs a rotation whose old secret is still live',
    zh: '需要一次旧密钥仍有效的轮换',
  },
  rotating: (until: string) => ({
    en: `would end the old secret, which is live until ${until}: wait, or replace the new one if it was lost, or keep the old one for 0 hours to end both`,
    zh: `会提前结束有效到 ${until} 的旧密钥：请等待；新密钥丢失时替换它；要同时结束两者时把旧密钥保留 0 小时`,
  }),
} satisfies Texts

/** The rules of a URL that webhooks are sent to. */
export const urlTexts = {
  noUrl: (most: number) => ({
    en: `must be a URL of ${most} characters at most`,
    zh: `必须是网址，最多 ${most} 个字符`,
  }),
  noHttps: { en: 'must begin with https://', zh: '必须以 https:// 开头' },
  credentials: { en: 'must have no user name and password in it', zh: '不能含有用户名和密码' },
  fragment: { en: 'must have no fragment (#)', zh: '不能含有片段（#）' },
  privateAddress: {
    en: 'must lead to a public address, unless WEBHOOK_ALLOW_PRIVATE=true',
    zh: '必须指向公网地址，除非设置 WEBHOOK_ALLOW_PRIVATE=true',
  },
} satisfies Texts
