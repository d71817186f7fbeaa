import type { Text } from '../../kit/text.ts'

/** What the doctor finds. */
export const checkTexts = {
  checkHow: [
    '与 npm run doctor 相同的检查：数据库、worker、Redis、通知地址和微信，按控制台自己的配置进行。不动任何资金。',
    'What npm run doctor checks, with the console’s own settings: the database, workers, Redis, the notice URL and WeChat. It moves no money.',
  ],
  findings: ['检查结果', 'Findings'],
  checking: ['正在检查……', 'Checking …'],
  checkAgain: ['再检查一次', 'Check again'],
  nothingWrong: ['一切正常', 'Nothing is wrong'],
  toMend: ['有 {count} 处要改', '{count} to mend'],
  'finding.OK': ['正常', 'right'],
  'finding.WRONG': ['有误', 'wrong'],
  'finding.SKIPPED': ['跳过', 'skipped'],
} as const satisfies Record<string, Text>
