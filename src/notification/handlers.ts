import type { Deps } from '../deps.ts'
import { work } from '../infra/queue.ts'
import { sendMessage } from '../jobs.ts'
import { deliverMessage, sayWhatIsSkipped } from './deliver.ts'

/** The jobs that notifications answer to. */
export async function registerNotificationHandlers(deps: Deps): Promise<void> {
  sayWhatIsSkipped(deps)
  await work(deps.queue, deps.log, sendMessage, ({ messageId }) => deliverMessage(deps, messageId))
}
