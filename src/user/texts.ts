import type { Texts } from '../texts.ts'

/** What the API says about signing in. */
export const userTexts = {
  codeRefused: {
    en: 'WeChat refuses this code. A code works once and for 5 minutes: get a new one and sign in again.',
    zh: '微信不接受这个 code。code 只能用一次，5 分钟内有效：请重新获取，再登录一次。',
  },
  codeEmpty: { en: 'Pass the code that the mini-program got.', zh: '请传入小程序获取的 code。' },
  codeTooLong: (most: number) => ({
    en: `A code has ${most} characters at the most.`,
    zh: `code 最多 ${most} 个字符。`,
  }),
  codeSigns: { en: 'A code has letters, digits and signs alone.', zh: 'code 只含字母、数字和符号。' },
} satisfies Texts
