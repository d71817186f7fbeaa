import { until } from '../harness/until.ts'
import type { Deployment, Kind, Replacement } from './deployment.ts'
import type { Load } from './load.ts'
import { answeredSoon, type Place } from './place.ts'
import type { Running } from './process.ts'
import type { Release } from './release.ts'

interface Rollout {
  deployment: Deployment
  load: Load
  next: Release
  /** So many guests come to their end with each mixture of versions. */
  purchasesBetween: number
  /** Hears of each step, and how many processes run each version then. */
  report: (replacement: Replacement, versions: Record<string, number>) => void
}

/**
 * Migrates, then replaces each API and each worker by one of the next release, one after the other, while guests come.
 *
 * @throws {Error} when a process doesn't end as it should, or the processes don't say in their metrics which versions run.
 */
export async function rollOut({ signal }: Place, rollout: Rollout): Promise<void> {
  const { deployment, load, next, purchasesBetween, report } = rollout
  const { processes } = deployment
  const whenMoreHavePaid = async () => {
    const enough = load.purchases.length + purchasesBetween
    const look = () => {
      if (load.failures[0] !== undefined) throw new Error(`a purchase failed: ${load.failures[0]}`)
      return load.purchases.length >= enough || undefined
    }
    await until(`${purchasesBetween} more guests have paid`, look, { signal })
  }
  await whenMoreHavePaid()
  await deployment.migrate(next)
  for (const kind of ['API', 'worker'] satisfies Kind[]) {
    for (const index of processes[kind].keys()) {
      await whenMoreHavePaid()
      const replacement = await deployment.replace(kind, index, next)
      const { name, from, ended } = replacement
      if (ended.code !== 0) throw new Error(`${name} ${from} ended with ${ended.code ?? ended.signal}, and not with 0`)
      report(replacement, await countVersions([...processes.API, ...processes.worker], signal))
    }
  }
  await whenMoreHavePaid()
}

/** How many of them run each version, as an operator sees it. @throws {Error} when one of them runs another than it says. */
async function countVersions(running: Running[], signal: AbortSignal): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, url, version } of running) {
    const metrics = await (await fetch(`${url}/metrics`, answeredSoon(signal))).text()
    const said = /^looklook_build_info\{version="(.*)"\} 1$/m.exec(metrics)?.[1]
    if (said !== version) throw new Error(`${name} runs ${version}, and its metrics say ${said}`)
    counts[version] = (counts[version] ?? 0) + 1
  }
  return counts
}
