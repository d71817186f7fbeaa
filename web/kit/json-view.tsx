import type { ComponentChildren } from 'preact'
import { shorten } from './format.ts'
import { Scrolled } from './scrolled.tsx'
import './json-view.css'

/** Longer texts are shortened. */
const MAX_TEXT_LENGTH = 60

/** A value as JSON, with names, strings and other values in different colours. */
export function JsonView({ name, value }: { name: string; value: unknown }) {
  return <Scrolled name={name}>{colour(JSON.stringify(value, shortened, 2))}</Scrolled>
}

function shortened(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? shorten(value, MAX_TEXT_LENGTH) : value
}

function colour(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = []
  let end = 0
  for (const match of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?/g)) {
    const [whole, quoted, colon] = match
    const kind = colon ? 'name' : quoted ? 'text' : 'value'
    parts.push(text.slice(end, match.index), <span class={`json-${kind}`}>{quoted ?? whole}</span>, colon ?? '')
    end = match.index + whole.length
  }
  return [...parts, text.slice(end)]
}
