import type { Texts } from '../texts.ts'

/** What is said about operators. */
export const operatorTexts = {
  operator: { en: 'operator', zh: '运营人员' },
  linkOver: {
    en: 'This link is used, expired or revoked. Ask for another: npm run admin -- operator add NAME.',
    zh: '这个链接已被使用、已过期或已被撤销。请重新获取：npm run admin -- operator add 姓名。',
  },
} satisfies Texts
