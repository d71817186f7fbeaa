import type { Texts } from '../texts.ts'

/** What the console's server says of a request. */
export const consoleTexts = {
  signIn: {
    en: 'Sign in with a link of your own: npm run admin -- operator add NAME prints one.',
    zh: '请用您自己的链接登录：npm run admin -- operator add 姓名 会给出一个。',
  },
  otherOperator: {
    en: 'Somebody else has signed in in this browser. Nothing was done: load the page anew.',
    zh: '这个浏览器里已换成别人登录。什么都没有做：请刷新页面。',
  },
  forbidden: {
    en: 'A viewer decides nothing. Ask for the role: npm run admin -- operator add NAME --role operator.',
    zh: '只读用户不能操作。请申请权限：npm run admin -- operator add 姓名 --role operator。',
  },
  noDay: { en: 'There is no such day or month.', zh: '没有这一天或这个月。' },
  notADay: { en: 'must be a day like 2026-11-26', zh: '必须是像 2026-11-26 这样的日期' },
  noDashboard: {
    en: 'The package @pg-boss/dashboard is not installed: deploy/add-optional.sh @pg-boss/dashboard adds it.',
    zh: '没有安装 @pg-boss/dashboard：可用 deploy/add-optional.sh @pg-boss/dashboard 安装。',
  },
  reason: { en: 'must say in 1 to 200 characters why', zh: '必须用 1 到 200 个字说明原因' },
} satisfies Texts
