import { connect, type Socket } from 'node:net'

/** @returns a function that connects to the database's server, by TCP or by the socket in its folder. */
export function addressOf(databaseUrl: string): () => Socket {
  const url = new URL(databaseUrl)
  const port = Number(url.port || 5432)
  const folder = url.searchParams.get('host')
  return folder ? () => connect(`${folder}/.s.PGSQL.${port}`) : () => connect(port, url.hostname)
}

/** The URL of the same database, reached through a port of this machine. */
export function throughPort(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  url.searchParams.delete('host')
  return url.href
}

/**
 * Splits the bytes that one side of a PostgreSQL connection sends into messages.
 *
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function messageReader(
  { startsUntyped }: { startsUntyped: boolean },
  onMessage: (type: string, bytes: Buffer) => void,
): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0)
  let untyped = startsUntyped
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const typeBytes = untyped ? 0 : 1
      if (rest.length < typeBytes + 4) return
      const end = typeBytes + rest.readInt32BE(typeBytes)
      if (rest.length < end) return
      onMessage(untyped ? '' : String.fromCharCode(rest[0] ?? 0), rest.subarray(0, end))
      rest = rest.subarray(end)
      untyped = false
    }
  }
}
