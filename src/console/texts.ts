import type { Texts } from '../texts.ts'

/** What the console's server says of a request. */
export const consoleTexts = {
  signIn: {
    en: 'Sign in with a link of your own: npm run admin -- operator add NAME prints one.',
    zh: '请用您自己的链接登录：npm run admin -- operator add 姓名 会给出一个。',
  },
  forbidden: {
    en: 'A viewer decides nothing. Ask for the role: npm run admin -- operator add NAME --role operator.',
    zh: '只读用户不能操作。请申请权限：npm run admin -- operator add 姓名 --role operator。',
  },
  noDay: { en: 'There is no such day or month.', zh: '没有这一天或这个月。' },
} satisfies Texts
