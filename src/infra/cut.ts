/** The most characters of a text in the log: strangers choose how long theirs is. */
const MAX_CHARACTERS = 1024
/** The most characters of the frames of a stack trace, which are ours. */
const MAX_FRAMES_CHARACTERS = 4096

/** Stands where a text was cut. */
export const CUT = '✂'

const FIRST_FRAME = '\n    at '

/** Cuts every string of a line of JSON to 1 KB, and says how much is missing; the frames of a stack trace stay. */
export function cutLine(line: string): string {
  if (line.length <= MAX_CHARACTERS) return line
  const parts: string[] = []
  let end = 0
  // Not by a pattern, whose stack overflows in a text of many megabytes.
  for (let start = line.indexOf('"'); start !== -1; start = line.indexOf('"', end)) {
    const before = end
    end = endOfString(line, start)
    parts.push(line.slice(before, start), cutString(line.slice(start, end)))
  }
  return parts.join('') + line.slice(end)
}

function endOfString(line: string, start: number): number {
  let at = start + 1
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return at + 1
}

function cutString(literal: string): string {
  if (literal.length <= MAX_CHARACTERS) return literal
  const text = JSON.parse(literal) as string
  const framesAt = text.indexOf(FIRST_FRAME)
  if (framesAt === -1) return JSON.stringify(cut(text, MAX_CHARACTERS))
  const message = cut(text.slice(0, framesAt), MAX_CHARACTERS)
  return JSON.stringify(message + cut(text.slice(framesAt), MAX_FRAMES_CHARACTERS))
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}${CUT} ${text.length - most} more`
}
