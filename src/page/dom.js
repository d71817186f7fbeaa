const SVG = 'http://www.w3.org/2000/svg'

/**
 * An element. Of the properties, `onX` are listeners, `class` and attributes are set as they are, `true` sets an empty
 * attribute, and `false` or `undefined` none. Children that are false or undefined are left out.
 */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children)
}

/** The same for drawings. */
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
 * Puts new children into an element, and the focus back to where it was if there is still such a place. Children that
 * look as those before are left out: what was there goes on.
 */
export function replace(element, ...children) {
  const fresh = h('div', {}, children)
  if (fresh.innerHTML === element.innerHTML) return
  const { activeElement } = document
  const focused = activeElement && element.contains(activeElement) ? activeElement.id : ''
  element.replaceChildren(...fresh.childNodes)
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
}
