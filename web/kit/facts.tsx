import type { ComponentChildren } from 'preact'
import './facts.css'

/** A list of names and values, each row a {@link Fact}. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>
}

interface FactProps {
  name: string
  lang?: string
  children: ComponentChildren
}

export function Fact({ name, lang, children }: FactProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd lang={lang}>{children}</dd>
    </>
  )
}
