import type { Text } from '../../kit/text.ts'
import { settingTexts } from './settings.ts'

/** Clock and keys. */
export const clockTexts = {
  ...settingTexts,
  time: ['沙箱的时间（北京时间）', 'The sandbox’s time, in Beijing'],
  timeHow: [
    '时间拨快后，到期的事会在一秒内发生：订单失效、通知重发、退款完结、账单生成。签名仍用本机时间。重启后复原。',
    'When it is put forward, what is due happens within a second: orders expire, notices are repeated, refunds end, bills are there. Signatures keep the machine’s time. A restart sets it back.',
  ],
  timeIsReal: ['与本机一致', 'the machine’s time'],
  timeAhead: ['比本机快 {by}', '{by} ahead of the machine'],
  timeBehind: ['比本机慢 {by}', '{by} behind the machine'],
  days: ['{days} 天', '{days} d'],
  hours: ['{hours} 小时', '{hours} h'],
  minutes: ['{minutes} 分', '{minutes} min'],
  seconds: ['{seconds} 秒', '{seconds} s'],
  'step.minute': ['快 1 分钟', '1 minute on'],
  'step.halfHour': ['快 30 分钟', '30 minutes on'],
  'step.twoHours': ['快 2 小时', '2 hours on'],
  'step.day': ['快 1 天', '1 day on'],
  'step.bills': ['到次日 10:00（出账单）', 'Next day, 10:00 (bills)'],
  timeAt: ['拨到（北京时间）', 'Set it to, in Beijing'],
  timeSet: ['拨', 'Set'],
  timeReal: ['恢复本机时间', 'Back to the machine’s time'],

  publicKeys: ['微信支付公钥', 'Public keys'],
  publicKeysHow: [
    '新公钥立即开始签名；请求头 Wechatpay-Serial 指名旧公钥的，仍由旧公钥签应答。请把新公钥和它的 ID 配到商户端。',
    'A new key signs at once; the earlier ones answer requests that name them in Wechatpay-Serial. Set the new key and its id at the merchant.',
  ],
  newPublicKey: ['换新公钥', 'New public key'],
  certificates: ['平台证书', 'Platform certificates'],
  certificatesHow: [
    '有几张有效证书时轮流签名。用 GET /v3/certificates 下载。',
    'While several are valid they sign in turn. GET /v3/certificates downloads them.',
  ],
  certificatesNone: [
    '没有：现在只用公钥签名，2024 年以来的商户都是这样。在下面的设置里可以改。',
    'None: the public key alone signs, as for every merchant since 2024. The settings below change that.',
  ],
  newCertificate: ['签发新证书', 'New certificate'],
  validUntil: ['有效期到 {at}', 'valid until {at}'],
  'key.signs': ['正在签名', 'signs'],
  'key.signsInTurn': ['轮流签名', 'signs in turn'],
  'key.signsOnRequest': ['指名时签名', 'signs when named'],
  'key.unused': ['不签名', 'doesn’t sign'],
} as const satisfies Record<string, Text>
