import { MessageKind } from '../../prisma/client/enums.ts'
import type { Template } from '../config.ts'
import type { Deps } from '../deps.ts'
import { formatChineseDay } from '../infra/shanghai.ts'
import type { MessageValue } from '../payment/payable.ts'

/** The merchant's template for this kind of message. Undefined when none is configured: such messages are skipped. */
export function findTemplate({ config }: Pick<Deps, 'config'>, kind: MessageKind): Template | undefined {
  const { orderPaid, checkIn, refunded } = config.wechat.templates
  return { ORDER_PAID: orderPaid, CHECK_IN: checkIn, REFUNDED: refunded }[kind]
}

/** The configured templates, each with the kind of message that it is for. */
export function findTemplates(deps: Pick<Deps, 'config'>): { kind: MessageKind; templateId: string }[] {
  return Object.values(MessageKind).flatMap((kind) => {
    const template = findTemplate(deps, kind)
    return template ? [{ kind, templateId: template.id }] : []
  })
}

/** Logs, once for a process, which messages guests won't get. */
export function logSkippedMessages(deps: Pick<Deps, 'config' | 'log'>): void {
  const skipped = Object.values(MessageKind).filter((kind) => !findTemplate(deps, kind))
  if (skipped.length > 0) deps.log.info({ skipped }, 'messages skipped: no template is configured for them')
}

/** The `data` of a subscribe message: each key of the template with its value, written as that key asks for. */
export function fillTemplate({ keys }: Template, values: MessageValue[]): Record<string, string> {
  return Object.fromEntries(keys.map((key, index) => [key, writeValue(key, values[index] ?? '')]))
}

/** As WeChat's `amount`, `date` and `time` values want it: `128.00元`, `2026年12月24日`, `2026年12月24日 14:00`. */
function writeValue(key: string, value: MessageValue): string {
  if (typeof value === 'string') return value
  if ('totalFen' in value) return `${(value.totalFen / 100).toFixed(2)}元`
  const { day, timeOfDay } = value
  const text = formatChineseDay(day)
  return key.startsWith('time') ? `${text} ${timeOfDay}` : text
}
