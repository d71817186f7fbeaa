import './cover.css'
import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'

/** Sky at the top and at the bottom, far and near hills, ground, and light. */
interface Palette {
  top: string
  bottom: string
  far: string
  middle: string
  ground: string
  light: string
}
type Scene = 'lake' | 'stars' | 'tea' | 'rain' | 'snow'
type Random = () => number

const palettes: Record<Scene, Palette[]> = {
  lake: [
    { top: '#f2b880', bottom: '#f7dcb8', far: '#b98b82', middle: '#7d6a78', ground: '#46505e', light: '#fff3d6' },
    { top: '#8fc1c9', bottom: '#dbeae0', far: '#7aa69a', middle: '#4f8276', ground: '#2e5a52', light: '#fffbe8' },
    { top: '#e28f6d', bottom: '#f6cf9f', far: '#a3665f', middle: '#6f4c58', ground: '#3f3848', light: '#ffe9c4' },
    { top: '#253b5c', bottom: '#8b6f93', far: '#4a4a75', middle: '#333a61', ground: '#1f2945', light: '#ffe2a0' },
  ],
  stars: [
    { top: '#1d2f46', bottom: '#48667e', far: '#33506a', middle: '#263f58', ground: '#182b40', light: '#f6e6b4' },
  ],
  tea: [
    { top: '#b5c98e', bottom: '#eef0cf', far: '#8caf6c', middle: '#5f8a4f', ground: '#3b6440', light: '#fffde0' },
    { top: '#8fc1c9', bottom: '#dbeae0', far: '#7aa69a', middle: '#4f8276', ground: '#2e5a52', light: '#fffbe8' },
  ],
  rain: [{ top: '#a9c4d6', bottom: '#e8eef0', far: '#a7b9c2', middle: '#7d95a3', ground: '#546d7d', light: '#ffffff' }],
  snow: [
    { top: '#a9c4d6', bottom: '#e8eef0', far: '#a7b9c2', middle: '#7d95a3', ground: '#546d7d', light: '#ffffff' },
    { top: '#253b5c', bottom: '#8b6f93', far: '#4a4a75', middle: '#333a61', ground: '#1f2945', light: '#ffe2a0' },
  ],
}
const scenes: Scene[] = ['lake', 'lake', 'stars', 'lake', 'lake', 'tea', 'rain', 'tea', 'tea', 'snow', 'snow', 'snow']
const WIDTH = 400
const HEIGHT = 220

interface CoverProps {
  /** The homestay's. */
  id: string
  /** Where the sun or moon stands, in a picture of 400 by 220. */
  shine?: { x: number; y: number }
  /** Leaves the stars out: something else is written in this sky. */
  isSkyClear?: boolean
}

/** A landscape for a homestay, always the same for the same id; purely decorative. */
export function Cover({ id, shine, isSkyClear = false }: CoverProps) {
  return useMemo(() => draw(id, shine, isSkyClear), [id, shine?.x, shine?.y, isSkyClear])
}

function numberOf(id: string): number {
  const written = Number(/(\d+)$/.exec(id)?.[1] ?? 0)
  return written || Array.from(id).reduce((sum, letter) => sum + letter.charCodeAt(0), 1)
}

function draw(id: string, shine: CoverProps['shine'], isSkyClear: boolean) {
  const number = numberOf(id)
  const random = randomOf(number)
  const scene = scenes[(number - 1) % scenes.length] ?? 'lake'
  const choices = palettes[scene]
  const palette = choices[number % choices.length] ?? palettes.rain[0]
  if (!palette) return null
  const { top, bottom, far, middle, ground, light } = palette
  const gradient = `sky-${id}`
  const { x, y } = shine ?? { x: 120 + random() * 170, y: 48 + random() * 24 }
  const size = 20 + random() * 8
  const sky = scene === 'stars' && stars(random, light)
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMax slice" aria-hidden="true" class="cover">
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stop-color={top} />
          <stop offset="1" stop-color={bottom} />
        </linearGradient>
      </defs>
      <rect width={WIDTH} height={HEIGHT} fill={`url(#${gradient})`} />
      <circle cx={x} cy={y} r={size} fill={light} opacity="0.9" />
      {isSkyClear || sky}
      {hills(random, { y: 118, height: 46, fill: far })}
      {hills(random, { y: 146, height: 34, fill: middle })}
      {scene === 'lake' ? lake(random, palette) : hills(random, { y: 178, height: 18, fill: ground })}
      {scene === 'tea' && terraces(middle)}
      {house({ x: 90 + random() * 200, y: scene === 'lake' ? 196 : 186 }, palette)}
      {(scene === 'rain' || scene === 'snow') && weather(random, scene, light)}
    </svg>
  )
}

/** Mulberry32. */
function randomOf(seed: number): Random {
  let state = seed * 2_654_435_769
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function hills(random: Random, { y, height, fill }: { y: number; height: number; fill: string }) {
  const points = Array.from({ length: 6 }, (_, index) => ({ x: index * 80, y: y - random() * height }))
  const line = points.slice(1).map((to, index) => {
    const from = points[index] ?? to
    return `C${from.x + 40} ${from.y} ${to.x - 40} ${to.y} ${to.x} ${to.y}`
  })
  return <path d={`M0 ${points[0]?.y} ${line.join(' ')} V${HEIGHT} H0Z`} fill={fill} />
}

function lake(random: Random, { bottom, light, ground }: Palette): ComponentChildren {
  const glints = Array.from({ length: 9 }, () => {
    const x = random() * 360
    return `M${x} ${172 + random() * 34} h${14 + random() * 34}`
  })
  return (
    <>
      <rect y="166" width={WIDTH} height="54" fill={bottom} opacity="0.75" />
      <path d={glints.join(' ')} stroke={light} stroke-width="1.6" stroke-linecap="round" opacity="0.8" />
      <path d={`M0 204 C90 184 220 190 ${WIDTH} 206 V${HEIGHT} H0Z`} fill={ground} />
    </>
  )
}

function terraces(stroke: string) {
  const lines = [188, 197, 206, 215].map((y) => `M0 ${y} C100 ${y - 12} 260 ${y + 8} ${WIDTH} ${y - 6}`)
  return <path d={lines.join(' ')} stroke={stroke} stroke-width="3" fill="none" opacity="0.8" />
}

function stars(random: Random, fill: string) {
  return Array.from({ length: 40 }, () => (
    <circle cx={random() * WIDTH} cy={random() * 110} r={0.5 + random()} fill={fill} opacity={0.5 + random() / 2} />
  ))
}

function weather(random: Random, scene: Scene, stroke: string) {
  const marks = Array.from({ length: 46 }, () => {
    const at = `M${random() * WIDTH} ${random() * HEIGHT}`
    return scene === 'snow' ? `${at} h.01` : `${at} l-3 12`
  })
  const width = scene === 'snow' ? 3.4 : 1
  return <path d={marks.join(' ')} stroke={stroke} stroke-width={width} stroke-linecap="round" opacity="0.75" />
}

/** A roof with upturned eaves, and a lit window. */
function house({ x, y }: { x: number; y: number }, { ground, light }: Palette) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect x="-22" y="-18" width="44" height="20" fill="#f4ece0" opacity="0.94" />
      <path d="M-34-17 Q-24-19-17-30 H17 Q24-19 34-17 L30-15 H-30Z" fill={ground} />
      <rect x="-5" y="-13" width="10" height="15" fill={ground} />
      <rect x="-17" y="-12" width="8" height="7" fill={light} stroke={ground} stroke-width="1" />
      <rect x="9" y="-12" width="8" height="7" fill={light} stroke={ground} stroke-width="1" />
    </g>
  )
}
