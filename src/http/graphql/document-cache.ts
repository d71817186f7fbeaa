import type { DocumentNode } from 'graphql'

/** Measured with graphql 16: a document takes 290 to 340 for each of its tokens, which stay linked to it. */
const BYTES_PER_TOKEN = 400
const BYTES_PER_CHARACTER = 2

export interface DocumentCache {
  find: (text: string) => DocumentNode | undefined
  has: (document: DocumentNode) => boolean
  /** Keeps a document that was parsed from a text, and forgets those that were used least recently. */
  keep: (document: DocumentNode) => void
}

/** Valid documents by their text, so that a client's next operation is neither parsed nor validated: `maxBytes` of them. */
export function createDocumentCache(maxBytes: number): DocumentCache {
  const documents = new Map<string, { document: DocumentNode; bytes: number }>()
  let bytesInUse = 0
  const remove = (text: string) => {
    bytesInUse -= documents.get(text)?.bytes ?? 0
    documents.delete(text)
  }
  return {
    find(text) {
      const found = documents.get(text)
      if (!found) return undefined
      // A map keeps the order in which its keys were set.
      documents.delete(text)
      documents.set(text, found)
      return found.document
    },
    has: (document) => documents.get(textOf(document))?.document === document,
    keep(document) {
      const text = textOf(document)
      const bytes = sizeOf(document)
      if (bytes > maxBytes) return
      remove(text)
      documents.set(text, { document, bytes })
      bytesInUse += bytes
      for (const oldest of documents.keys()) {
        if (bytesInUse <= maxBytes) break
        remove(oldest)
      }
    },
  }
}

function textOf({ loc }: DocumentNode): string {
  return loc?.source.body ?? ''
}

function sizeOf(document: DocumentNode): number {
  let tokens = 0
  for (let token = document.loc?.startToken; token; token = token.next ?? undefined) tokens += 1
  return tokens * BYTES_PER_TOKEN + textOf(document).length * BYTES_PER_CHARACTER
}
