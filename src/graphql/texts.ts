import type { Texts } from '../texts.ts'

/** What the API says about sessions and pages, whatever they are of. */
export const graphqlTexts = {
  unauthenticated: {
    en: 'Sign in with wxLogin and send its accessToken as a bearer token.',
    zh: '请先用 wxLogin 登录，并以 Bearer 方式发送它给的 accessToken。',
  },
  foreignCursor: {
    en: 'This cursor isn’t one of ours. Pass a cursor of this list as it was given.',
    zh: '这个游标无效。请原样传入这个列表给出的游标。',
  },
  twoSizes: { en: 'Give either first or last, not both.', zh: 'first 和 last 只能给一个。' },
  pageSize: (most: number) => ({
    en: `Ask for 0 to ${most} at a time; page on with endCursor for more.`,
    zh: `一次请查询 0 到 ${most} 条，更多的请用 endCursor 翻页。`,
  }),
} satisfies Texts
