import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BillError } from './errors.ts'

const CHUNK_BYTES = 32 * 1024

/** A bill whose bytes are those that WeChat Pay announced, in a temporary file. */
export interface DownloadedBill {
  /** Of its decompressed bytes, in small letters. */
  sha1: string
  /** Its lines, some at a time; each call begins at the first. */
  lines(): AsyncIterable<string[]>
  /** Safe to call twice. */
  close(): Promise<void>
}

interface BillStore {
  /** Appends bytes as they were received. */
  write(chunk: Buffer): void
  /** @throws {BillError} when the decompressed bytes are too many, or don't have this SHA-1. */
  verify(expected: { sha1: string; maxBytes: number }): Promise<DownloadedBill>
  close(): Promise<void>
}

/**
 * A temporary file for a bill, compressed as it comes. It has no name as soon as it is open, so that nothing of it is left
 * however the process ends.
 */
export async function openBillStore(): Promise<BillStore> {
  const folder = await mkdtemp(join(tmpdir(), 'looklook-bill-'))
  const file = await openAndForget(folder)
  let position = 0
  let closed: Promise<void> | undefined
  const close = () => (closed ??= file.close())
  return {
    write: (chunk) => {
      for (let from = 0; from < chunk.length; )
        from += writeSync(file.fd, chunk, from, chunk.length - from, position + from)
      position += chunk.length
    },
    verify: async ({ sha1, maxBytes }) => {
      if ((await hashOf(file, maxBytes)) !== sha1) {
        throw new BillError('The bill does not have the announced SHA-1: request and download it again')
      }
      return { sha1, lines: () => linesOf(contentOf(file)), close }
    },
    close,
  }
}

async function openAndForget(folder: string): Promise<FileHandle> {
  try {
    return await open(join(folder, 'bill'), 'wx+', 0o600)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The decompressed bytes. */
async function* contentOf(file: FileHandle): AsyncGenerator<Buffer> {
  const magic = Buffer.alloc(2)
  await file.read(magic, 0, 2, 0)
  const bytes = file.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES })
  const isCompressed = magic[0] === 0x1f && magic[1] === 0x8b
  const content = isCompressed ? pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : bytes
  try {
    for await (const chunk of content) yield chunk as Buffer
  } catch (error) {
    throw new BillError('The bill cannot be decompressed: request and download it again', { cause: error })
  }
}

async function hashOf(file: FileHandle, maxBytes: number): Promise<string> {
  const hash = createHash('sha1')
  let length = 0
  for await (const chunk of contentOf(file)) {
    length += chunk.length
    if (length > maxBytes) throw new BillError(`The bill has more than ${maxBytes} bytes decompressed`)
    hash.update(chunk)
  }
  return hash.digest('hex')
}

async function* linesOf(content: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of content) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
    rest = lines.pop() ?? ''
    yield lines
  }
  yield [rest + decoder.decode()]
}
