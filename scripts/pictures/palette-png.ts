import { crc32, deflateSync, inflateSync } from 'node:zlib'

/** Source of all that follows: https://www.w3.org/TR/png-3/ */
const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
const MOST_COLOURS = 256
/** How many bits of a channel tell colours apart before they are counted. */
const BITS = 5

interface Image {
  width: number
  height: number
  /** `0xrrggbb` of each pixel, line by line. */
  pixels: Uint32Array
}

/**
 * A picture of a page with 256 colours at the most, in a third of the bytes: pages have few, and what is between them where
 * letters are smoothed takes the nearest.
 *
 * @param png as a browser takes screenshots: eight bits a channel, opaque, not interlaced.
 */
export function toPalettePng(png: Buffer): Buffer {
  const { width, height, pixels } = read(png)
  const colours = commonColours(pixels)
  const indexes = new Map<number, number>()
  const lines = Buffer.alloc((width + 1) * height)
  for (const [at, colour] of pixels.entries()) {
    const index = indexes.get(colour) ?? nearest(colours, colour)
    indexes.set(colour, index)
    // Each line begins with the number of its filter: none.
    lines[at + Math.floor(at / width) + 1] = index
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const palette = Buffer.from(colours.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  const data = deflateSync(lines, { level: 9, memLevel: 9 })
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  whole.set(body, 4)
  whole.writeUInt32BE(crc32(body), body.length + 4)
  return whole
}

function read(png: Buffer): Image {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const [depth, type, , , interlace] = png.subarray(24, 29)
  const channels = { 2: 3, 6: 4 }[type ?? 0]
  if (depth !== 8 || channels === undefined || interlace !== 0) throw new Error('a screenshot of another kind')
  const parts: Buffer[] = []
  for (let at = SIGNATURE.length; at < png.length; at += png.readUInt32BE(at) + 12) {
    const [from, length] = [at + 8, png.readUInt32BE(at)]
    if (png.toString('latin1', at + 4, from) === 'IDAT') parts.push(png.subarray(from, from + length))
  }
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), { height, channels, stride: width * channels })
  const channel = (at: number) => bytes[at] ?? 0
  const pixels = Uint32Array.from({ length: width * height }, (_, index) => {
    const at = index * channels
    return (channel(at) << 16) | (channel(at + 1) << 8) | channel(at + 2)
  })
  return { width, height, pixels }
}

/** Each line as it was before its filter. */
function unfilter(
  data: Buffer,
  { height, channels, stride }: { height: number; channels: number; stride: number },
): Uint8Array {
  const bytes = new Uint8Array(height * stride)
  for (let line = 0; line < height; line++) {
    const [from, filter] = [line * (stride + 1) + 1, data[line * (stride + 1)]]
    for (let x = 0; x < stride; x++) {
      const at = line * stride + x
      const left = x < channels ? 0 : (bytes[at - channels] ?? 0)
      const above = line === 0 ? 0 : (bytes[at - stride] ?? 0)
      const corner = x < channels || line === 0 ? 0 : (bytes[at - stride - channels] ?? 0)
      const guessed = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter ?? 0] ?? 0
      bytes[at] = (data[from + x] ?? 0) + guessed
    }
  }
  return bytes
}

function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((each) => Math.abs(left + above - corner - each))
  if ((toLeft ?? 0) <= (toAbove ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left
  return (toAbove ?? 0) <= (toCorner ?? 0) ? above : corner
}

/** Of each group of colours that look alike the one that comes most often; of the groups, the most common. */
function commonColours(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>()
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const groups = new Map<number, { colour: number; most: number; all: number }>()
  for (const [colour, count] of counts) {
    const key = [16, 8, 0].reduce((sum, shift) => (sum << BITS) | (((colour >> shift) & 255) >> (8 - BITS)), 0)
    const group = groups.get(key) ?? { colour, most: 0, all: 0 }
    const isMost = count > group.most
    groups.set(key, {
      colour: isMost ? colour : group.colour,
      most: Math.max(count, group.most),
      all: group.all + count,
    })
  }
  const common = [...groups.values()].toSorted((a, b) => b.all - a.all).slice(0, MOST_COLOURS)
  return common.map(({ colour }) => colour)
}

function nearest(colours: readonly number[], wanted: number): number {
  let best = { index: 0, distance: Number.POSITIVE_INFINITY }
  for (const [index, colour] of colours.entries()) {
    const distance = [16, 8, 0].reduce((sum, shift) => {
      const difference = ((colour >> shift) & 255) - ((wanted >> shift) & 255)
      return sum + difference * difference
    }, 0)
    if (distance < best.distance) best = { index, distance }
  }
  return best.index
}
