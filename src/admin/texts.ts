import { SEEN_WITHIN_SECONDS } from '../infra/worker-rows.ts'
import type { Texts } from '../texts.ts'

/** What an operator reads about a command. */
export const adminTexts = {
  chooseJobs: { en: 'needs the ids of dead letters, or --all', zh: '需要死信任务的编号，或 --all' },
  noWorker: {
    en: `No worker was seen for ${SEEN_WITHIN_SECONDS} s: nobody applies payments, sends messages or makes refunds. Start a worker.`,
    zh: `已有 ${SEEN_WITHIN_SECONDS} 秒没有任何 worker：没有人同步支付、发送消息或办理退款。请启动 worker。`,
  },
} satisfies Texts
