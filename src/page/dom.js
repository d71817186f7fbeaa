const SVG = 'http://www.w3.org/2000/svg'

/**
 * Creates an element. Properties named `onX` become listeners, all others attributes; `true` sets an empty attribute,
 * `false` and `undefined` none. Children that are false, null or undefined are left out.
 */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children)
}

/** The same for SVG. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children)
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2).toLowerCase(), value)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat(2).filter((child) => child !== undefined && child !== false && child !== null))
  return element
}

/**
 * Replaces an element's children, and restores the focus if the focused element still exists. When the new children
 * have the same HTML, the old ones stay.
 */
export function replace(element, ...children) {
  const fresh = h('div', {}, children)
  if (fresh.innerHTML === element.innerHTML) return
  const { activeElement } = document
  const focused = activeElement && element.contains(activeElement) ? activeElement.id : ''
  element.replaceChildren(...fresh.childNodes)
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
}
