import './mark.css'

export type Tone = 'good' | 'warn' | 'bad' | 'quiet'

interface MarkProps {
  text: string
  tone: Tone
  /** Seen on hover. */
  title?: string
}

/** A word or two that say how something stands, told apart by a colour and by a shape. */
export function Mark({ text, tone, title }: MarkProps) {
  return (
    <span class={`mark mark-${tone}`} title={title}>
      {text}
    </span>
  )
}
