import { h } from './dom.js'
import { clock, shorten } from './format.js'
import { onLanguage, t } from './text.js'

/** From left to right. */
const LANES = ['guest', 'api', 'wechat', 'host']
const MAX_ROWS = 300
/** Longer texts are shortened. */
const MAX_TEXT_LENGTH = 60

/**
 * The messages between guest, API, WeChat and host, drawn as a growing sequence diagram.
 *
 * @param chip a button that counts the new rows while the reader has scrolled away, and scrolls to them.
 * @param onRow called with the text of every new or changed row, for readers who don't see the diagram.
 */
export function openTraffic({ list, chip, onRow }) {
  const rows = []
  /** The newest row is kept in view until the reader scrolls up or opens a row. */
  let autoScrolls = true
  /** Rows added since then. */
  let unseen = 0
  const isAtEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 60
  const drawChip = () => {
    chip.hidden = unseen === 0
    chip.textContent = t('trafficNew', { count: unseen })
  }
  const setAutoScroll = (isOn) => {
    autoScrolls = isOn
    if (autoScrolls) unseen = 0
    drawChip()
  }
  const toEnd = () => {
    if (autoScrolls) list.scrollTop = list.scrollHeight
  }
  const scrollToNewest = () => {
    setAutoScroll(true)
    toEnd()
  }
  list.addEventListener('scroll', () => setAutoScroll(isAtEnd()))
  list.addEventListener('toggle', ({ target }) => setAutoScroll(!target.open && isAtEnd()), true)
  chip.addEventListener('click', () => {
    scrollToNewest()
    // The chip disappears, and the focus with it.
    list.focus({ preventScroll: true })
  })
  onLanguage(() => {
    for (const row of rows) row.label()
    drawChip()
  })

  return {
    /** Keeps the newest row in view from now on. Call it when the list is shown: a hidden list can't scroll. */
    scrollToNewest,
    /**
     * Draws an arrow from one lane to another. `title` and every `note` are texts, or functions that return one in the
     * page's language; `tone` is `lost` for what didn't arrive, and `deduced` for what was inferred, not observed.
     *
     * @returns `answer({ note, ms, failed, parts })`, which draws the arrow back, and may be called again.
     */
    add(given) {
      const row = createRow(given)
      const update = () => {
        row.label()
        onRow(row.text())
        toEnd()
      }
      list.append(row.element)
      rows.push(row)
      if (rows.length > MAX_ROWS) rows.shift().element.remove()
      if (!autoScrolls) unseen++
      drawChip()
      update()
      return {
        answer(answer) {
          row.answer(answer)
          update()
        },
      }
    },
    clear() {
      rows.length = 0
      list.replaceChildren()
      setAutoScroll(true)
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
    h('span', { class: 'row-text' }, heading, ' ', outcome),
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
    text: () => [heading.textContent, outcome.textContent].filter(Boolean).join(' '),
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
  return typeof value === 'string' ? shorten(value, MAX_TEXT_LENGTH) : value
}

/** JSON with names, strings and other values in different colours. */
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
