import './plot.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { locale } from '../../kit/language.ts'
import { useMedia } from '../../kit/media.ts'
import { t } from '../text.ts'
import type { PlotInput } from './draw-plot.ts'

/** A plot, drawn by a library that is loaded when the first one is needed; the same numbers as a table below it. */
export function Plot({ name, input }: { name: string; input: PlotInput }) {
  const room = useRef<HTMLDivElement>(null)
  const [isBroken, setBroken] = useState(false)
  const isDark = useMedia('(prefers-color-scheme: dark)')
  useEffect(() => {
    let remove: (() => void) | undefined
    let isGone = false
    import('./draw-plot.ts')
      .then(({ drawPlot }) => {
        if (!isGone && room.current) remove = drawPlot(room.current, input)
      })
      .catch(() => setBroken(true))
    return () => {
      isGone = true
      remove?.()
    }
  }, [input, isDark, locale()])
  return (
    <div class="plot">
      <div class="plot-room" ref={room} role="img" aria-label={name} />
      {isBroken && <p class="dim">{t('plotBroken')}</p>}
      <details>
        <summary>{t('asTable')}</summary>
        <PlotTable name={name} input={input} />
      </details>
    </div>
  )
}

function PlotTable({ name, input: { at, lines, dateText } }: { name: string; input: PlotInput }) {
  const rows = at.map((second, index) => ({ second, index })).toReversed()
  return (
    <div class="plot-table" tabIndex={0} role="region" aria-label={name}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t('time')}</th>
            {lines.map((line) => (
              <th scope="col" class="right" key={line.name}>
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ second, index }) => (
            <tr key={second}>
              <th scope="row">{dateText(new Date(second * 1000))}</th>
              {lines.map((line) => (
                <td class="right" key={line.name}>
                  {line.text(line.values[index] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
