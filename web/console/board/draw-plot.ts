import 'uplot/dist/uPlot.min.css'
import uPlot from 'uplot'

interface Line {
  name: string
  /** A colour's name in theme.css. */
  colour: string
  values: number[]
  /** The value as it is read. */
  text: (value: number) => string
}

export interface PlotInput {
  /** When each value's bar begins; seconds. */
  at: number[]
  /** The first is drawn as bars, what comes after it as lines. */
  lines: Line[]
  /** What stands before a time. */
  timeName: string
  dateText: (at: Date) => string
  /** A tick of the horizontal axis, and which distances there may be between two of them, in seconds. */
  tickDate: (at: Date) => string
  tickEvery: number[]
  /** A tick of the vertical axis. */
  tickText: (value: number) => string
}

const HEIGHT = 190
const FONT = '12px system-ui, sans-serif'

/** Draws a plot as wide as its room. This file, with its library, is loaded by the board alone. @returns what removes it. */
export function drawPlot(room: HTMLElement, input: PlotInput): () => void {
  const plot = new uPlot(optionsOf(room, input), [input.at, ...input.lines.map(({ values }) => values)], room)
  showLast(plot)
  const observer = new ResizeObserver(() => plot.setSize({ width: room.clientWidth, height: HEIGHT }))
  observer.observe(room)
  return () => {
    observer.disconnect()
    plot.destroy()
  }
}

/** What stands below a plot is of the last bar while nobody points at another. */
function showLast(plot: uPlot): void {
  if (plot.cursor.idx === null || plot.cursor.idx === undefined) plot.setLegend({ idx: plot.data[0].length - 1 })
}

function optionsOf(
  room: HTMLElement,
  { at, lines, timeName, dateText, tickDate, tickEvery, tickText }: PlotInput,
): uPlot.Options {
  const style = getComputedStyle(room)
  const colourOf = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colourOf('--text-dim'),
    font: FONT,
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
  }
  const width = at.length > 1 ? (at[1] ?? 0) - (at[0] ?? 0) : 3600
  return {
    width: room.clientWidth,
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { live: true },
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { setCursor: [showLast] },
    scales: {
      // Room for the first bar and the last, which are as wide as what they count.
      x: { time: true, range: (_, min, max) => [min - width / 2, max + width / 2] },
      y: { range: (_, __, max) => [0, Math.max(1, max) * 1.08] },
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Asia/Shanghai'),
    axes: [
      {
        ...axis,
        size: 26,
        space: 52,
        incrs: tickEvery,
        values: (_, ticks) => ticks.map((tick) => tickDate(new Date(tick * 1000))),
      },
      { ...axis, size: 46, values: (_, ticks) => ticks.map(tickText) },
    ],
    series: [
      { label: timeName, value: (_, value) => (value === null ? '' : dateText(new Date(value * 1000))) },
      ...lines.map((line, index) => seriesOf(line, index === 0, colourOf(line.colour))),
    ],
  }
}

function seriesOf({ name, text }: Line, isBars: boolean, colour: string): uPlot.Series {
  const value = (_: uPlot, raw: number | null) => (raw === null ? '' : text(raw))
  if (!isBars) return { label: name, stroke: colour, width: 2, points: { show: false }, value }
  const paths = uPlot.paths.bars?.({ size: [0.72, 28], radius: 0.12 })
  return {
    label: name,
    fill: colour,
    stroke: colour,
    width: 0,
    points: { show: false },
    value,
    ...(paths && { paths }),
  }
}
