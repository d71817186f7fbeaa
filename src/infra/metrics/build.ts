import { Gauge, type Registry } from 'prom-client'
import { version } from '../version.ts'

/** Which version runs, as a label: while a new one is rolled out, there are two. */
export function buildMetrics(registers: Registry[]) {
  const build = new Gauge({
    name: 'looklook_build_info',
    help: 'Always 1: the version of the code that this process runs.',
    labelNames: ['version'],
    registers,
  })
  build.set({ version }, 1)
  return { build }
}
