import { useEffect, useLayoutEffect } from 'preact/hooks'
import { locale } from '../language.ts'

/** The document's language and title. */
export function useDocument(title: string): void {
  useLayoutEffect(() => {
    document.documentElement.lang = locale()
    document.title = title
  }, [title, locale()])
}

/** A view that opens gets the focus, for keyboards and screen readers; the first one doesn't. */
export function useFocusOnChange(place: string): void {
  useEffect(() => {
    if (opened) focusTitle()
    opened = true
  }, [place])
}

let opened = false

/** Leads from the link that skips the head to the view. The address, which names a view, stays. */
export function skip(event: Event): void {
  event.preventDefault()
  focusTitle()
}

function focusTitle(): void {
  document.getElementById('view-title')?.focus()
}
