import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { LONG_MS } from '../harness/patience.ts'
import type { Attack } from './attack.ts'
import { type AttackReport, startAttacker } from './attacker.ts'
import { startHonestGuests } from './honest.ts'
import { openTarget, type Target } from './target.ts'

/** Of honest operations beside each attack: enough that every kind comes several times. */
const OPERATIONS = 30
/** They all come from one address, whose sign-ins are limited. */
const GUESTS = 4
/** More than Node's memory swings by itself. */
const SWING_BYTES = 200 * 1024 * 1024

/**
 * Specifies that each of these attacks is refused and leaves the deployment as it was. A file each: a deployment takes a
 * quarter of a minute to start, and they run at once.
 */
export function describeAttacks(kind: string, attacks: Attack[]): void {
  describe(`${kind} against a deployment`, { skip: inject('redisUrl') === null }, () => {
    specify(attacks)
  })
}

function specify(attacks: Attack[]): void {
  let target: Target
  let firstNight = 0
  beforeAll(async () => {
    target = await openTarget({ NODE_COMPILE_CACHE: inject('compileCache') })
  })
  afterAll(() => target?.close())

  test.each(attacks)('$name: refused, and honest guests read, pay and hear', async (attack) => {
    const gauges = async () => Promise.all((attack.gauges ?? []).map((name) => target.metric(name)))
    const before = { memory: await target.memory(), gauges: await gauges() }

    const attacker = startAttacker(attack, target.urls)
    // Also when the test fails: the next one begins without it.
    onTestFinished(async () => void (await attacker.stop()))
    await expect
      .poll(attacker.report, { timeout: LONG_MS })
      .toSatisfy(({ answers }: AttackReport) => attack.refusals.some((refusal) => answers[refusal]))
    const honest = await startHonestGuests({ urls: target.urls, guests: GUESTS, firstNight })
    onTestFinished(async () => {
      firstNight = (await honest.stop()).nights ?? firstNight
    })
    await honest.reach(OPERATIONS)
    const guests = await honest.stop()
    await attacker.stop()

    expect(guests.failures).toEqual([])
    expect(guests.purchases).toBeGreaterThan(0)
    expect(target.isAlive()).toBe(true)
    await expect.poll(gauges, { timeout: LONG_MS }).toEqual(before.gauges)
    await expect.poll(target.memory, { timeout: LONG_MS, interval: 500 }).toBeLessThan(before.memory + SWING_BYTES)
  })
}
