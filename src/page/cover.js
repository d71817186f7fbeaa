import { s } from './dom.js'

/** Sky at the top and at the bottom, far and near hills, ground, and light. */
const palettes = [
  ['#f2b880', '#f7dcb8', '#b98b82', '#7d6a78', '#46505e', '#fff3d6'],
  ['#8fc1c9', '#dbeae0', '#7aa69a', '#4f8276', '#2e5a52', '#fffbe8'],
  ['#253b5c', '#8b6f93', '#4a4a75', '#333a61', '#1f2945', '#ffe2a0'],
  ['#a9c4d6', '#e8eef0', '#a7b9c2', '#7d95a3', '#546d7d', '#ffffff'],
  ['#e28f6d', '#f6cf9f', '#a3665f', '#6f4c58', '#3f3848', '#ffe9c4'],
  ['#b5c98e', '#eef0cf', '#8caf6c', '#5f8a4f', '#3b6440', '#fffde0'],
  ['#1d2f46', '#48667e', '#33506a', '#263f58', '#182b40', '#f6e6b4'],
]
const scenes = ['lake', 'lake', 'stars', 'lake', 'lake', 'tea', 'rain', 'tea', 'tea', 'snow', 'snow', 'snow']
const paletteOf = { stars: [6], rain: [3], tea: [5, 1], snow: [3, 2], lake: [0, 1, 4, 2] }
const WIDTH = 400
const HEIGHT = 220

/**
 * A landscape for a homestay, always the same for the same id; purely decorative.
 *
 * @param shine where to put the sun or moon, in a picture of 400 by 220.
 */
export function cover(id, shine) {
  const number = Number(/(\d+)$/.exec(id)?.[1] ?? 0) || [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 1)
  const random = randomOf(number)
  const scene = scenes[(number - 1) % scenes.length]
  const choices = paletteOf[scene]
  const [top, bottom, far, middle, ground, light] = palettes[choices[number % choices.length]]
  const gradient = `sky-${id}`
  const { x, y } = shine ?? { x: 120 + random() * 170, y: 48 + random() * 24 }
  return s(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'xMidYMax slice', 'aria-hidden': 'true', class: 'cover' },
    s(
      'defs',
      {},
      s(
        'linearGradient',
        { id: gradient, x1: 0, y1: 0, x2: 0, y2: 1 },
        s('stop', { offset: 0, 'stop-color': top }),
        s('stop', { offset: 1, 'stop-color': bottom }),
      ),
    ),
    s('rect', { width: WIDTH, height: HEIGHT, fill: `url(#${gradient})` }),
    s('circle', { cx: x, cy: y, r: 20 + random() * 8, fill: light, opacity: 0.9 }),
    scene === 'stars' && stars(random, light),
    hills(random, { y: 118, height: 46, fill: far }),
    hills(random, { y: 146, height: 34, fill: middle }),
    scene === 'lake' ? lake(random, { bottom, light, ground }) : hills(random, { y: 178, height: 18, fill: ground }),
    scene === 'tea' && terraces(middle),
    house({ x: 90 + random() * 200, y: scene === 'lake' ? 196 : 186, ground, light }),
    (scene === 'rain' || scene === 'snow') && weather(random, scene, light),
  )
}

/** Mulberry32. */
function randomOf(seed) {
  let state = seed * 2_654_435_769
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function hills(random, { y, height, fill }) {
  const points = Array.from({ length: 6 }, (_, index) => [index * 80, y - random() * height])
  const line = points.slice(1).map(([x, to], index) => {
    const [fromX, from] = points[index]
    return `C${fromX + 40} ${from} ${x - 40} ${to} ${x} ${to}`
  })
  return s('path', { d: `M0 ${points[0][1]} ${line.join(' ')} V${HEIGHT} H0Z`, fill })
}

function lake(random, { bottom, light, ground }) {
  const glints = Array.from({ length: 9 }, () => {
    const x = random() * 360
    return `M${x} ${172 + random() * 34} h${14 + random() * 34}`
  })
  return [
    s('rect', { y: 166, width: WIDTH, height: 54, fill: bottom, opacity: 0.75 }),
    s('path', { d: glints.join(' '), stroke: light, 'stroke-width': 1.6, 'stroke-linecap': 'round', opacity: 0.8 }),
    s('path', { d: `M0 204 C90 184 220 190 ${WIDTH} 206 V${HEIGHT} H0Z`, fill: ground }),
  ]
}

function terraces(stroke) {
  const lines = [188, 197, 206, 215].map((y) => `M0 ${y} C100 ${y - 12} 260 ${y + 8} ${WIDTH} ${y - 6}`)
  return s('path', { d: lines.join(' '), stroke, 'stroke-width': 3, fill: 'none', opacity: 0.8 })
}

function stars(random, fill) {
  return Array.from({ length: 40 }, () =>
    s('circle', { cx: random() * WIDTH, cy: random() * 110, r: 0.5 + random(), fill, opacity: 0.5 + random() / 2 }),
  )
}

function weather(random, scene, stroke) {
  const marks = Array.from({ length: 46 }, () => {
    const at = `M${random() * WIDTH} ${random() * HEIGHT}`
    return scene === 'snow' ? `${at} h.01` : `${at} l-3 12`
  })
  const width = scene === 'snow' ? 3.4 : 1
  return s('path', { d: marks.join(' '), stroke, 'stroke-width': width, 'stroke-linecap': 'round', opacity: 0.75 })
}

/** A roof with upturned eaves, and a lit window. */
function house({ x, y, ground, light }) {
  return s(
    'g',
    { transform: `translate(${x} ${y})` },
    s('rect', { x: -22, y: -18, width: 44, height: 20, fill: '#f4ece0', opacity: 0.94 }),
    s('path', { d: 'M-34-17 Q-24-19-17-30 H17 Q24-19 34-17 L30-15 H-30Z', fill: ground }),
    s('rect', { x: -5, y: -13, width: 10, height: 15, fill: ground }),
    s('rect', { x: -17, y: -12, width: 8, height: 7, fill: light, stroke: ground, 'stroke-width': 1 }),
    s('rect', { x: 9, y: -12, width: 8, height: 7, fill: light, stroke: ground, 'stroke-width': 1 }),
  )
}
