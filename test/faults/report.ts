import { groupBy } from './checker/indexed.ts'
import { timelineOf } from './checker/timeline.ts'
import type { Recovery } from './evidence.ts'
import type { Outcome } from './run.ts'
import { describeLeft } from './settle.ts'

/** Violations that are shown with their timelines, of each rule. */
const SHOWN_PER_RULE = 5

const percentile = (sorted: number[], percent: number) => sorted[Math.floor((sorted.length - 1) * (percent / 100))] ?? 0

/** What a round did, in numbers: they can be added up when what it left behind is gone. */
export interface Figures {
  guests: number
  gaveUp: Map<string, number>
  payments: number
  paid: number
  refunds: number
  mismatches: number
  webhooks: number
  messages: number
  streams: number
  exits: number
  troubles: Map<string, number>
  recoveries: Recovery[]
  seconds: number
  settledInSeconds: number
  violations: number
}

export function countFigures({ evidence, fared, havoc, seconds, settledInSeconds, violations }: Outcome): Figures {
  const { payments, refunds, mismatches, wechat, received, streams, exits } = evidence
  return {
    guests: fared.ended,
    gaveUp: fared.gaveUp,
    payments: payments.length,
    paid: payments.filter(({ paidTotal }) => paidTotal !== null).length,
    refunds: refunds.length,
    mismatches: mismatches.length,
    webhooks: received.length,
    messages: wechat.messages.length,
    streams: streams.filter(({ seen }) => seen.length > 0).length,
    exits: exits.length,
    troubles: havoc.counts,
    recoveries: havoc.recoveries,
    seconds,
    settledInSeconds,
    violations: violations.length,
  }
}

/** What rounds did together. */
export function addFigures(rounds: Figures[]): Figures {
  const sum = (of: (figures: Figures) => number) => rounds.reduce((total, each) => total + of(each), 0)
  const counts = (of: (figures: Figures) => Map<string, number>) => {
    const total = new Map<string, number>()
    for (const [what, times] of rounds.flatMap((each) => [...of(each)])) total.set(what, (total.get(what) ?? 0) + times)
    return total
  }
  return {
    guests: sum(({ guests }) => guests),
    gaveUp: counts(({ gaveUp }) => gaveUp),
    payments: sum(({ payments }) => payments),
    paid: sum(({ paid }) => paid),
    refunds: sum(({ refunds }) => refunds),
    mismatches: sum(({ mismatches }) => mismatches),
    webhooks: sum(({ webhooks }) => webhooks),
    messages: sum(({ messages }) => messages),
    streams: sum(({ streams }) => streams),
    exits: sum(({ exits }) => exits),
    troubles: counts(({ troubles }) => troubles),
    recoveries: rounds.flatMap(({ recoveries }) => recoveries),
    seconds: sum(({ seconds }) => seconds),
    settledInSeconds: Math.max(...rounds.map((each) => each.settledInSeconds)),
    violations: sum(({ violations }) => violations),
  }
}

/** Counts, rates and times. */
export function describeFigures(figures: Figures): string[] {
  const { guests, gaveUp, payments, paid, refunds, mismatches, seconds, troubles, recoveries, exits } = figures
  const waits = recoveries.map(({ ms }) => ms / 1_000).toSorted((one, other) => one - other)
  const slowest = recoveries.toSorted((one, other) => other.ms - one.ms)[0]
  return [
    `guests     ${guests} came to the end of their plans, in ${seconds.toFixed(0)} s`,
    ...describeCounts(gaveUp),
    `payments   ${payments} (${(payments / seconds).toFixed(1)}/s), ${paid} of them paid; ${refunds} refunds, ${mismatches} mismatches`,
    `heard      ${figures.webhooks} webhooks, ${figures.messages} messages, ${figures.streams} streams`,
    `troubles   ${recoveries.length}, ${exits} processes ended`,
    ...describeCounts(troubles),
    `recovery   half within ${percentile(waits, 50).toFixed(1)} s, 99 % within ${percentile(waits, 99).toFixed(1)} s; slowest ${((slowest?.ms ?? 0) / 1_000).toFixed(1)} s after: ${slowest?.trouble ?? 'nothing'}`,
    `settled    in ${figures.settledInSeconds.toFixed(0)} s`,
    `violations ${figures.violations}`,
  ]
}

/** What a round did, what it left undone, and each violation with its payment’s timeline. */
export function describeRun(outcome: Outcome): string {
  return [
    ...describeFigures(countFigures(outcome)),
    ...(Object.keys(outcome.left).length > 0 ? [`left       ${describeLeft(outcome.left)}`] : []),
    ...describeViolations(outcome),
  ].join('\n')
}

/** The most frequent first. */
function describeCounts(counts: Map<string, number>): string[] {
  return [...counts].toSorted(([, one], [, other]) => other - one).map(([what, times]) => `  ${times} x ${what}`)
}

function describeViolations({ evidence, violations }: Pick<Outcome, 'evidence' | 'violations'>): string[] {
  return [...groupBy(violations, ({ rule }) => rule)].flatMap(([rule, broken]) => [
    `\n${rule}: ${broken.length}`,
    ...broken
      .slice(0, SHOWN_PER_RULE)
      .flatMap(({ text, paymentSn }) => [
        `- ${text}`,
        ...(paymentSn === undefined ? [] : timelineOf(evidence, paymentSn).map((line) => `    ${line}`)),
      ]),
  ])
}
