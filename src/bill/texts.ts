import type { Texts } from '../texts.ts'

/** What an operator reads about bills. */
export const billTexts = {
  noBillOfDay: {
    en: 'has no bill: they are ready at 10:00 of the next day in China, and kept for three months',
    zh: '没有账单：账单在次日北京时间 10:00 生成，保留三个月',
  },
  notCompared: {
    en: 'is not compared yet: see the log, or have it compared again',
    zh: '尚未核对：请查看日志，或让它重新核对',
  },
  openDifference: (billOn: string) => ({
    en: `difference on the bill of ${billOn} that waits for a person`,
    zh: `${billOn} 的账单中待处理的差异`,
  }),
} satisfies Texts
