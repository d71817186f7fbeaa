import { h } from './dom.js'
import { clock, shorten } from './format.js'
import { onLanguage, t } from './text.js'

/** From left to right. */
const LANES = ['guest', 'api', 'wechat', 'host']
const MOST_ROWS = 300
/** Text this long is no use to a reader whole. */
const LONGEST_TEXT = 60

/**
 * What travels between guest, API, WeChat and host, drawn as a sequence diagram that grows.
 *
 * @param chip a button that says how many rows are new while a reader looks at others, and leads to them.
 * @param onRow hears the words of every new or changed row, for those who don't see the diagram.
 */
export function openWire({ list, chip, onRow }) {
  const rows = []
  /** Until a reader scrolls up, or reads an open row, the newest row is kept in sight. */
  let follows = true
  /** Rows that came meanwhile. */
  let unseen = 0
  const isAtEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 60
  const drawChip = () => {
    chip.hidden = unseen === 0
    chip.textContent = t('wireNew', { count: unseen })
  }
  const setFollows = (isApplying) => {
    follows = isApplying
    if (follows) unseen = 0
    drawChip()
  }
  const toEnd = () => {
    if (follows) list.scrollTop = list.scrollHeight
  }
  const follow = () => {
    setFollows(true)
    toEnd()
  }
  list.addEventListener('scroll', () => setFollows(isAtEnd()))
  list.addEventListener('toggle', ({ target }) => setFollows(!target.open && isAtEnd()), true)
  chip.addEventListener('click', () => {
    follow()
    // The chip goes away, and takes the focus with it.
    list.focus({ preventScroll: true })
  })
  onLanguage(() => {
    for (const row of rows) row.label()
    drawChip()
  })

  return {
    /** Keeps the newest row in sight from here on. To be called when the list is shown: while it isn't, it can't scroll. */
    follow,
    /**
     * Draws an arrow from one lane to another. `title` and every `note` are text, or functions that give it in the
     * page's language; `tone` is `lost` for what didn't arrive, and `deduced` for what nobody saw, but must have been.
     *
     * @returns `answer({ note, ms, failed, parts })`, which draws the way back, and may be called again.
     */
    add(given) {
      const row = createRow(given)
      const settle = () => {
        row.label()
        onRow(row.words())
        toEnd()
      }
      list.append(row.element)
      rows.push(row)
      if (rows.length > MOST_ROWS) rows.shift().element.remove()
      if (!follows) unseen++
      drawChip()
      settle()
      return {
        answer(answer) {
          row.answer(answer)
          settle()
        },
      }
    },
    clear() {
      rows.length = 0
      list.replaceChildren()
      setFollows(true)
    },
  }
}

function createRow({ from, to, title, note, tone = 'seen', parts = [] }) {
  const at = clock()
  const heading = h('span', { class: 'row-title' })
  const outcome = h('span', { class: 'row-note' })
  const body = h('div', { class: 'row-body' })
  const summary = h(
    'summary',
    {},
    h('span', { class: 'row-words' }, heading, ' ', outcome),
    h('span', { class: 'arrow there', 'aria-hidden': 'true' }),
  )
  const element = h('li', { class: `row from-${from} tone-${tone}` }, h('details', {}, summary, body))
  const left = Math.min(LANES.indexOf(from), LANES.indexOf(to))
  const right = Math.max(LANES.indexOf(from), LANES.indexOf(to))
  element.style.setProperty('--left', left)
  element.style.setProperty('--span', right - left)
  element.classList.toggle('leftward', LANES.indexOf(from) > LANES.indexOf(to))
  element.classList.toggle('at-right', left + right > 3)

  let answered
  const label = () => {
    heading.textContent = say(title)
    outcome.textContent = say(answered?.note ?? note)
    summary.setAttribute('aria-label', `${t(from)} → ${t(to)}: ${heading.textContent} ${outcome.textContent}`)
    body.replaceChildren(
      h(
        'p',
        { class: 'row-when' },
        [at, `${t(from)} → ${t(to)}`, answered?.ms && `${answered.ms} ms`].filter(Boolean).join(' · '),
      ),
      ...parts.filter(hasContent).map(showPart),
      ...(answered?.parts ?? []).map(showPart),
    )
  }
  return {
    element,
    label,
    words: () => [heading.textContent, outcome.textContent].filter(Boolean).join(' '),
    answer(given) {
      if (!answered) summary.append(h('span', { class: 'arrow back', 'aria-hidden': 'true' }))
      answered = { ...answered, ...given }
      element.classList.toggle('failed', answered.failed === true)
      element.classList.add('answered')
    },
  }
}

function say(text) {
  return typeof text === 'function' ? text() : (text ?? '')
}

function hasContent({ json }) {
  return json === undefined || Object.keys(json).length > 0
}

function showPart({ json, code, text }) {
  if (text !== undefined) return h('p', { class: 'row-why' }, say(text))
  if (code !== undefined) return h('pre', {}, code)
  return h('pre', {}, colour(JSON.stringify(json, shortened, 2)))
}

function shortened(_name, value) {
  return typeof value === 'string' ? shorten(value, LONGEST_TEXT) : value
}

/** JSON with its names, texts and the rest told apart. */
function colour(text) {
  const parts = []
  let end = 0
  for (const match of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?/g)) {
    const kind = match[2] ? 'name' : match[1] ? 'text' : 'value'
    parts.push(text.slice(end, match.index), h('span', { class: `json-${kind}` }, match[1] ?? match[0]), match[2] ?? '')
    end = match.index + match[0].length
  }
  return [...parts, text.slice(end)]
}
