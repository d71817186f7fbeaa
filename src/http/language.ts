import type { Language } from '../texts.ts'

/** In characters; what browsers send has a third of it. */
const MAX_LENGTH = 256
/** Of all clients together; there are some dozens in use. */
const MAX_KNOWN = 1_000

/** A range of RFC 9110, 12.5.4, with its weight; phones write `zh_CN`. */
const RANGE = /^(\*|[a-z]{1,8})(?:[-_][a-z0-9]{1,8})*(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i

const known = new Map<string, Language>()

/**
 * The language that a client asks for, as `accept-language` says it: Chinese, of whatever region, where it is weighed more
 * than English, or as much and named first. English for anything else.
 */
export function readLanguage(accepted: unknown): Language {
  if (typeof accepted !== 'string' || accepted === '' || accepted.length > MAX_LENGTH) return 'en'
  const found = known.get(accepted)
  if (found) return found
  const language = weigh(accepted)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(accepted, language)
  return language
}

function weigh(accepted: string): Language {
  const ranges = accepted.split(',').flatMap((range) => {
    const [, name, weight = '1'] = RANGE.exec(range.trim()) ?? []
    return name === undefined ? [] : [{ name: name.toLowerCase(), weight: Number(weight) }]
  })
  // Sorting is stable: of equal weights, the one that is named first.
  const best = (of: string) => ranges.filter(({ name }) => name === of).toSorted((a, b) => b.weight - a.weight)[0]
  const zh = best('zh')
  if (!zh || zh.weight === 0) return 'en'
  const en = best('en')
  // English by the way only: as one of all languages.
  if (!en) return zh.weight >= (best('*')?.weight ?? 0) ? 'zh' : 'en'
  if (zh.weight !== en.weight) return zh.weight > en.weight ? 'zh' : 'en'
  return ranges.indexOf(zh) < ranges.indexOf(en) ? 'zh' : 'en'
}
