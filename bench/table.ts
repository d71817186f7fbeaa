import { median, type Part, type Row, type Sample, type Samples } from './part.ts'

/** A row with what all rounds measured. */
interface Judged {
  row: Row
  ours: number
  peer?: number
  /** What is held against goal and floor. */
  score: number
  samples: Sample[]
}

export const TABLE_HEAD = `| what | measured | beside | ratio | goal | floor | CPU per operation, ms | |
|---|---|---|---|---|---|---|---|
`

/** The rows of a part as lines of a markdown table. */
export function printRows(judged: Judged[]): string {
  return judged.map((each) => `| ${cellsOf(each).join(' | ')} |\n`).join('')
}

/** Medians over the rounds; a ratio is the median of each round's own. */
export function judge({ rows }: Part, rounds: Samples[]): Judged[] {
  return Object.entries(rows).map(([key, row]) => {
    const samples = rounds.map((round) => round[key]).filter((sample) => sample !== undefined)
    const ours = median(samples.map((sample) => sample.ours))
    const peers = samples.map(({ peer }) => peer).filter((peer) => peer !== undefined)
    const ratio = median(samples.map((sample) => sample.ours / (sample.peer ?? 1)))
    return {
      row,
      ours,
      peer: peers.length > 0 ? median(peers) : undefined,
      score: judgesRatio(row) ? ratio : ours,
      samples,
    }
  })
}

export function isBelowFloor({ row, score }: Judged): boolean {
  return row.floor !== undefined && !reaches(row, score, row.floor)
}

export function describeBelowFloor(judged: Judged): string {
  const { row, score } = judged
  return `below its floor: ${row.what}: ${scoreText(judged, score)}, floor ${scoreText(judged, row.floor ?? 0)}`
}

function cellsOf(judged: Judged): string[] {
  const { row, ours, peer, score, samples } = judged
  const beside = row.beside === undefined ? '' : `${row.beside}: ${peer === undefined ? '–' : withUnit(row, peer)}`
  const ratio = peer === undefined ? '' : `${figure(ours / peer)}x`
  const bound = (value: number | undefined) => (value === undefined ? '' : scoreText(judged, value))
  return [
    row.what,
    withUnit(row, ours),
    beside,
    judgesRatio(row) ? `${figure(score)}x` : ratio,
    bound(row.goal),
    bound(row.floor),
    cpuOf(samples),
    [verdictOf(judged), samples.at(-1)?.note].filter(Boolean).join('; '),
  ]
}

function verdictOf(judged: Judged): string {
  const { row, score } = judged
  if (isBelowFloor(judged)) return '**below its floor**'
  if (row.goal === undefined) return ''
  return reaches(row, score, row.goal) ? 'goal reached' : 'below its goal'
}

function reaches({ better }: Row, score: number, bound: number): boolean {
  return better === 'higher' ? score >= bound : score <= bound
}

function judgesRatio({ beside, judges }: Row): boolean {
  return beside !== undefined && judges !== 'figure'
}

function scoreText({ row }: Judged, value: number): string {
  return judgesRatio(row) ? `${figure(value)}x` : withUnit(row, value)
}

function withUnit({ unit }: Row, value: number): string {
  return unit === '/s' ? `${figure(value)}/s` : `${figure(value)} ${unit}`.trim()
}

/** Three digits that count. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return value >= 1_000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
}

function cpuOf(samples: Sample[]): string {
  const names = Object.keys(samples[0]?.cpu ?? {})
  const of = (name: string) => median(samples.map(({ cpu }) => cpu?.[name] ?? 0))
  return names
    .map((name) => ({ name, ms: of(name) }))
    .filter(({ ms }) => ms > 0)
    .map(({ name, ms }) => `${name} ${ms.toFixed(ms < 10 ? 2 : 1)}`)
    .join(', ')
}
