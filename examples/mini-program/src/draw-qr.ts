import { encodeQR } from 'qr'

/** Light modules around the symbol, as the standard wants. */
const QUIET_MODULES = 4

/** The part of a canvas of type 2d that is drawn on. */
export interface Canvas {
  width: number
  height: number
  getContext(type: '2d'): {
    fillStyle: unknown
    fillRect(x: number, y: number, width: number, height: number): void
  }
}

/**
 * Draws a text of digits, capitals and `$%*+-./:` as a QR code, as large as fits into `widthPx` of the screen's own
 * pixels. Mini-programs have no TextEncoder, which other texts would need.
 */
export function drawQr(canvas: Canvas, text: string, widthPx: number): void {
  const modules = encodeQR(text, 'raw', { encoding: 'alphanumeric', border: QUIET_MODULES })
  const modulePx = Math.max(1, Math.floor(widthPx / modules.length))
  canvas.width = modulePx * modules.length
  canvas.height = canvas.width
  const context = canvas.getContext('2d')
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = '#000000'
  modules.forEach((row, y) => {
    row.forEach((isDark, x) => {
      if (isDark) context.fillRect(x * modulePx, y * modulePx, modulePx, modulePx)
    })
  })
}
