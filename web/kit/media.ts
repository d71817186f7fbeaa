import { useLayoutEffect, useState } from 'preact/hooks'

/** Whether the media query holds; the component is drawn again when that changes. */
export function useMedia(query: string): boolean {
  const [isTrue, setTrue] = useState(() => matchMedia(query).matches)
  useLayoutEffect(() => {
    const list = matchMedia(query)
    const follow = () => setTrue(list.matches)
    list.addEventListener('change', follow)
    follow()
    return () => list.removeEventListener('change', follow)
  }, [query])
  return isTrue
}
