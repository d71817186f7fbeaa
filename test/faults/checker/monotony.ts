import type { Stream } from '../evidence.ts'
import type { Indexed, Violation } from './indexed.ts'
import { canBecome } from './transitions.ts'

/** A payment's trail has every version once, each an allowed step from the one before; what subscribers saw is on it. */
export function checkMonotony(indexed: Indexed): Violation[] {
  const { payments, streams } = indexed.evidence
  return [
    ...payments.flatMap((payment) => checkTrail(indexed, payment)),
    ...streams.flatMap((stream) => checkStream(indexed, stream)),
  ]
}

function checkTrail(
  { eventsOf }: Indexed,
  { sn, version, status }: Indexed['evidence']['payments'][number],
): Violation[] {
  const events = eventsOf.get(sn) ?? []
  const say = (text: string): Violation[] => [{ rule: 'monotony', text: `${sn}: ${text}`, paymentSn: sn }]
  if (events.length !== version || events.some((event, index) => event.version !== index + 1)) {
    return say(`version ${version}, and the trail has ${events.map((event) => event.version).join(', ') || 'nothing'}`)
  }
  const broken = events.find(({ fromStatus, toStatus }, index) => {
    const before = events[index - 1]?.toStatus ?? null
    return fromStatus !== before || !canBecome(before, toStatus)
  })
  if (broken) return say(`its version ${broken.version} goes from ${broken.fromStatus} to ${broken.toStatus}`)
  return events.at(-1)?.toStatus === status ? [] : say(`is ${status}, and its trail ends at ${events.at(-1)?.toStatus}`)
}

function checkStream({ eventsOf }: Indexed, { paymentSn, seen }: Stream): Violation[] {
  const say = (text: string): Violation[] => [{ rule: 'monotony', text: `${paymentSn}: ${text}`, paymentSn }]
  const fallen = seen.find(({ version }, index) => version <= (seen[index - 1]?.version ?? 0))
  if (fallen) return say(`a subscriber saw version ${fallen.version} after a newer one, or twice`)
  const events = eventsOf.get(paymentSn) ?? []
  const untrue = seen.find(({ version, status }) => events[version - 1]?.toStatus !== status)
  return untrue ? say(`a subscriber saw version ${untrue.version} as ${untrue.status}`) : []
}
