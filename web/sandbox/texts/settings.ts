import type { Text } from '../../kit/text.ts'
import type { Settings } from '../api/types.ts'

type Option = Settings['signedBy'] | Settings['unionid']

/** How the sandbox behaves: every setting, and what its choices mean. */
export const settingTexts = {
  settings: ['设置', 'Settings'],
  settingsHow: ['改了立即生效，重启后复原。', 'Each change holds at once, until the sandbox is started anew.'],
  'setting.signedBy': ['谁来签名', 'What signs'],
  'settingHint.signedBy': ['微信支付的应答和通知', 'Answers and notices of WeChat Pay'],
  'choice.public-key': ['公钥', 'The public key'],
  'choice.both': ['迁移中的商户', 'A merchant who migrates'],
  'choice.certificates': ['平台证书', 'Platform certificates'],
  'setting.publicKeyPercent': ['公钥签名的通知（%）', 'Notices by the public key, in %'],
  'settingHint.publicKeyPercent': [
    '其余由平台证书签名；0 是迁移还没开始',
    'Certificates sign the others; at 0 nothing has begun',
  ],
  publicKeyRamp: ['七天内逐步切换到公钥', 'Rise over seven days'],
  publicKeyRampHint: ['和微信支付一样：0.1%、1%、5% ……', 'As at WeChat Pay: 0.1 %, 1 %, 5 % …'],
  'setting.noticeScheduleFactor': ['通知重发间隔的倍数', 'Pauses between notices, times'],
  'settingHint.noticeScheduleFactor': [
    '1 与微信一样；0.001 把 15 秒变成 15 毫秒',
    '1 as at WeChat; 0.001 makes 15 ms of 15 s',
  ],
  'setting.refundDelayMs': ['退款处理多久（毫秒）', 'How long a refund takes, in ms'],
  'settingHint.refundDelayMs': ['处理中的时间', 'So long it is PROCESSING'],
  'setting.refundIntervalMs': ['同一订单两次退款的间隔（毫秒）', 'Between refunds of an order, in ms'],
  'settingHint.refundIntervalMs': ['微信是 60000；更快会被拒绝', '60000 at WeChat; sooner is refused'],
  'setting.answerProbePercent': ['应答里的签名探测（%）', 'SIGNTEST in answers, in %'],
  'settingHint.answerProbePercent': [
    '签名以 WECHATPAY/SIGNTEST/ 开头',
    'Signatures that begin with WECHATPAY/SIGNTEST/',
  ],
  'setting.noticeProbePercent': ['通知里的签名探测（%）', 'SIGNTEST in notices, in %'],
  'settingHint.noticeProbePercent': ['拒绝之后会重发', 'Refused, they are repeated'],
  'setting.unionid': ['登录时的 unionid', 'The unionid at login'],
  'settingHint.unionid': ['没有开放平台账号时', 'Without an open-platform account'],
  'choice.absent': ['没有这个字段', 'no such field'],
  'choice.null': ['空值', 'no value'],
  'choice.empty': ['空字符串', 'an empty text'],
  'setting.billsAtOnce': ['账单立即可用', 'Bills are there at once'],
  'settingHint.billsAtOnce': ['包括当天的，不必等到次日 10:00', 'Today’s too, not from 10:00 of the next day on'],
  'setting.tradeManaged': ['必须上传发货信息', 'Shipping info is a duty'],
  'settingHint.tradeManaged': ['不上传，资金不结算', 'Without it, money isn’t released'],
} as const satisfies Record<`${'setting' | 'settingHint'}.${keyof Settings}` | `choice.${Option}`, Text> &
  Record<string, Text>
