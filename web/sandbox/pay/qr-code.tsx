import './qr-code.css'
import { encodeQR } from 'qr'

/** Light modules around the symbol, as the standard wants. */
const QUIET_MODULES = 4

/** A text as a QR code, in black and white whatever the theme: a camera must read it. */
export function QrCode({ text, name }: { text: string; name: string }) {
  const rows = encodeQR(text, 'raw', { border: QUIET_MODULES })
  const dark = rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg class="qr" role="img" aria-label={name} viewBox={`0 0 ${rows.length} ${rows.length}`}>
      <path d={dark.join('')} />
    </svg>
  )
}
