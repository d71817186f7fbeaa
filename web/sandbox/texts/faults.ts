import type { Text } from '../../kit/text.ts'
import type { FaultField } from '../api/types.ts'
import { endpointTexts } from './endpoints.ts'
import { kindTexts } from './kinds.ts'

type FieldName = FaultField | 'times' | 'percent' | 'seed' | 'match'

/** Faults. */
export const faultTexts = {
  ...endpointTexts,
  ...kindTexts,
  faultsHow: [
    '选一个接口或通知，再选它会出什么错。命中几次由您决定；先布置的先命中。',
    'Choose a call or a notice, and what goes wrong with it. You say how often; of several, the one armed first hits first.',
  ],
  armFault: ['布置故障', 'Arm a fault'],
  faultWhere: ['在哪里', 'Where'],
  faultWhat: ['出什么错', 'What goes wrong'],
  arm: ['布置', 'Arm'],
  armedNow: ['已布置 {count} 个', '{count} armed'],
  armedFaults: ['已布置的', 'Armed'],
  noFaults: ['没有。一切照常。', 'None: everything goes as it should.'],
  clear: ['清除', 'Clear'],
  clearAll: ['全部清除', 'Clear all'],
  hitsAlways: ['每一次，直到清除', 'each time, until cleared'],
  hitsOnce: ['还会命中 1 次', 'once more'],
  hitsTimes: ['还会命中 {times} 次', '{times} times more'],
  hitsPercent: ['，{percent}% 的机会', ', {percent} % of the time'],
  ofDelay: ['{delayMs} 毫秒', '{delayMs} ms'],
  ofCopies: ['{copies} 份', '{copies} copies'],
  ofAmount: ['{amountFen} 分', '{amountFen} fen'],
  ofMatch: ['只命中含有 {match} 的', 'only with {match}'],

  'faultField.times': ['命中几次', 'How often'],
  'faultHint.times': ['不填：每一次，直到清除', 'Empty: each time, until cleared'],
  'faultField.match': ['只命中含有', 'Only with'],
  'faultHint.match': ['路径或内容里有这段文字：单号、openid', 'A text in the path or the body: a number, an openid'],
  'faultField.percent': ['几率（%）', 'Share, in %'],
  'faultHint.percent': ['不填：必定命中', 'Empty: it always hits'],
  'faultField.seed': ['随机种子', 'Seed'],
  'faultHint.seed': ['同一个种子命中同样的那几次', 'The same seed hits the same calls'],
  'faultField.code': ['错误码', 'Code'],
  'faultHint.code': ['应答的 code，状态码随它而定', 'The answer’s code; its status follows from it'],
  'faultField.errcode': ['errcode', 'errcode'],
  'faultHint.errcode': ['例如 40226、43101', 'Such as 40226 or 43101'],
  'faultField.delayMs': ['晚几毫秒', 'Delay, in ms'],
  'faultHint.delayMs': ['最多 60000', 'At most 60000'],
  'faultField.copies': ['多少份', 'Copies'],
  'faultHint.copies': ['2 到 1000', '2 to 1000'],
  'faultField.amountFen': ['说成多少分', 'Amount, in fen'],
  'faultHint.amountFen': ['代替真实的金额', 'Told instead of the real one'],
} as const satisfies Record<`${'faultField' | 'faultHint'}.${FieldName}`, Text> & Record<string, Text>
