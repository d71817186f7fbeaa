import { hrefOf } from '../route.ts'

/** A number that leads to its timeline; nothing where there is none. */
export function NumberLink({ of }: { of: string | null | undefined }) {
  if (!of) return null
  return (
    <a class="number" href={hrefOf('find', of)}>
      {of}
    </a>
  )
}
