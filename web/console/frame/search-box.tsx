import { useEffect, useRef, useState } from 'preact/hooks'
import type { Router } from '../route.ts'
import { t } from '../text.ts'

/** One box for any number, or a phone's last four digits, wherever one is; `/` leads there. */
export function SearchBox({ route }: { route: Router }) {
  const { view, part } = route.state
  const shown = view === 'find' ? part : ''
  const [text, setText] = useState(shown)
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => setText(shown), [shown])
  useEffect(() => {
    const follow = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select')
      if (event.key !== '/' || isTyping || document.querySelector('dialog[open]')) return
      event.preventDefault()
      box.current?.select()
    }
    addEventListener('keydown', follow)
    return () => removeEventListener('keydown', follow)
  }, [])
  const submit = (event: Event) => {
    event.preventDefault()
    if (text.trim() !== '') route.go('find', text.trim())
  }
  return (
    <form class="search" role="search" onSubmit={submit}>
      <input
        ref={box}
        id="search"
        type="search"
        aria-label={t('search')}
        placeholder={t('searchHint')}
        title={t('searchKey')}
        value={text}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={64}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  )
}
