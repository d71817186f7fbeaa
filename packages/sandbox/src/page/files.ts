import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The page as it was bundled: beside this file where the package is built, and in `web/dist` where its sources run. */
const FOLDER = new URL(
  extname(import.meta.filename) === '.ts' ? '../../../../web/dist/sandbox/' : 'bundled/',
  import.meta.url,
)

/** Nothing but its own files and its own server; no frame around it; no text that turns into code. */
export const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self'`,
  `connect-src 'self'`,
  `require-trusted-types-for 'script'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ')

export interface PageFile {
  bytes: Buffer
  contentType: string
  /** Of these bytes. */
  etag: string
}

/**
 * A file of the page, read anew each time, so that a page that is bundled again is seen at once.
 *
 * @param name without a folder.
 * @returns undefined where there is none.
 */
export async function readPageFile(name: string): Promise<PageFile | undefined> {
  const bytes = await readFile(new URL(name, FOLDER)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!bytes) return undefined
  const hash = createHash('sha256').update(bytes).digest('base64url')
  return { bytes, contentType: TYPES[extname(name)] ?? 'application/octet-stream', etag: `"${hash}"` }
}
