import './notes.css'

interface FailureNoteProps {
  text: string
  /** What helps whoever looks into it: the request's id. */
  detail?: string
}

/** Why an action failed. */
export function FailureNote({ text, detail }: FailureNoteProps) {
  return (
    <p class="failure" role="alert">
      {text}
      {detail && <small class="failure-detail">{detail}</small>}
    </p>
  )
}
