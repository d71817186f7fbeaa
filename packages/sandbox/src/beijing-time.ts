const HOUR_MS = 3_600_000

/** RFC 3339 as WeChat writes it: whole seconds, offset +08:00. */
export function toBeijingTime(epochMs: number): string {
  return `${new Date(epochMs + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`
}

/** `yyyymmdd` and `yyyymmddhhmmss` in Beijing, as they appear inside WeChat's numbers. */
export function beijingDigits(epochMs: number): { day: string; second: string } {
  const second = toBeijingTime(epochMs).replace(/\D/g, '').slice(0, 14)
  return { day: second.slice(0, 8), second }
}
