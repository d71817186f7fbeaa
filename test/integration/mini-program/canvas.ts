import { decodeQR } from 'qr/decode.js'

/** A canvas of type 2d, as far as a QR code is drawn on it. */
export interface Canvas {
  width: number
  height: number
  getContext(type: '2d'): { fillStyle: string; fillRect(x: number, y: number, width: number, height: number): void }
}

const CHANNELS = 4

/** A canvas, and what a camera reads from it; it throws where it finds no code. */
export function createCanvas(): { canvas: Canvas; scan: () => string } {
  const canvas: Canvas = { width: 300, height: 150, getContext: () => context }
  const painted: { level: number; x: number; y: number; width: number; height: number }[] = []
  const context = {
    fillStyle: '#000000',
    fillRect(x: number, y: number, width: number, height: number) {
      painted.push({ level: Number.parseInt(context.fillStyle.slice(1, 3), 16), x, y, width, height })
    },
  }
  return {
    canvas,
    scan() {
      const data = new Uint8ClampedArray(canvas.width * canvas.height * CHANNELS)
      for (const { level, x, y, width, height } of painted) {
        for (let row = y; row < y + height; row++) {
          data.fill(level, (row * canvas.width + x) * CHANNELS, (row * canvas.width + x + width) * CHANNELS)
        }
      }
      return decodeQR({ width: canvas.width, height: canvas.height, data })
    },
  }
}
