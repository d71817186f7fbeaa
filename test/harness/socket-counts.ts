import type { LimitName } from '../../src/http/limits/refusal.ts'
import type { TestApp } from './app.ts'

/** What the server counts of its sockets and streams. */
export function socketCounts({ deps: { metrics } }: Pick<TestApp, 'deps'>) {
  const valueOf = async (gauge: typeof metrics.openSockets) => (await gauge.get()).values[0]?.value ?? 0
  return {
    openSockets: () => valueOf(metrics.openSockets),
    openStreams: () => valueOf(metrics.openStreams),
    refusals: async (limit: LimitName) => {
      const { values } = await metrics.limitRefusals.get()
      return values.find(({ labels }) => labels.limit === limit)?.value ?? 0
    },
  }
}
