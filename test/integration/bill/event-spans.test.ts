import { eventSpans, type Span } from '../../../src/bill/event-spans.ts'
import { describe, expect, type TestApp, test } from '../../harness/app.ts'
import { givenTapped } from '../../harness/fixtures.ts'

const START = Date.parse('2026-11-01T00:00:00Z')
const span = { from: new Date(START), to: new Date(START + 86_400_000) }

/** Events at these milliseconds of the span. */
async function givenEvents(app: TestApp, at: number[]): Promise<void> {
  const { payment } = await givenTapped(app)
  await app.deps.db.paymentEvent.createMany({
    data: at.map((ms, index) => ({
      paymentSn: payment.sn,
      version: 100 + index,
      at: new Date(START + ms),
      toStatus: 'PENDING',
      source: 'WX_PAY',
    })),
  })
}

async function partsOf({ deps: { db } }: TestApp, most: number): Promise<(Span & { events: number })[]> {
  const parts: (Span & { events: number })[] = []
  for await (const part of eventSpans(db, span, most)) {
    const events = await db.paymentEvent.count({ where: { at: { gte: part.from, lt: part.to } } })
    parts.push({ ...part, events })
  }
  return parts
}

describe('the parts of a span of time', () => {
  test('are the whole of it where it has few events', async ({ app }) => {
    await givenEvents(app, [0, 5_000])
    expect(await partsOf(app, 2)).toEqual([{ ...span, events: 2 }])
  })

  test('follow each other, and have as many events at most as a statement may read', async ({ app }) => {
    const crowd = Array.from({ length: 30 }, (_, index) => 40_000_000 + index * 7)
    await givenEvents(app, [0, 86_399_999, ...crowd])
    const parts = await partsOf(app, 4)
    expect(parts[0]?.from).toEqual(span.from)
    expect(parts.at(-1)?.to).toEqual(span.to)
    for (const [index, { to }] of parts.slice(0, -1).entries()) expect(parts[index + 1]?.from).toEqual(to)
    expect(parts.filter(({ events }) => events > 4)).toEqual([])
    expect(parts.reduce((sum, { events }) => sum + events, 0)).toBe(32)
  })

  test('are never less than a millisecond, however many events that has', async ({ app }) => {
    await givenEvents(app, [7, 7, 7])
    expect((await partsOf(app, 1)).reduce((sum, { events }) => sum + events, 0)).toBe(3)
  })

  test('are none of an empty span', async ({ app }) => {
    const parts = eventSpans(app.deps.db, { from: span.to, to: span.from })
    expect((await parts.next()).done).toBe(true)
  })
})
