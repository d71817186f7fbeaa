import { groupBy, type Indexed, type Violation } from './indexed.ts'

/** Another service has every event of every payment, none that isn't on the trail, and none before it was recorded. */
export function checkEvents({ evidence, eventsOf }: Indexed): Violation[] {
  const received = groupBy(evidence.received, ({ paymentSn, version }) => `${paymentSn} ${version}`)
  const missing = evidence.events
    .filter(({ paymentSn, version }) => !received.has(`${paymentSn} ${version}`))
    .map(
      ({ paymentSn, version }): Violation => ({
        rule: 'events',
        text: `${paymentSn}: version ${version} was never received`,
        paymentSn,
      }),
    )
  const untrue = evidence.received.flatMap(({ paymentSn, version, status, previousStatus, at }): Violation[] => {
    const say = (text: string): Violation[] => [
      { rule: 'events', text: `${paymentSn}: version ${version} ${text}`, paymentSn },
    ]
    const event = eventsOf.get(paymentSn)?.[version - 1]
    if (!event) return say('was received, and is not on the trail')
    if (event.toStatus !== status || event.fromStatus !== previousStatus) return say(`was received as ${status}`)
    return event.at.getTime() > at + 1 ? say('was received before it was recorded') : []
  })
  return [...missing, ...untrue]
}
