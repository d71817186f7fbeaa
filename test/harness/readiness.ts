/** Whether the process that listens here on this machine is ready to serve. */
export async function isReady(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(2_000)
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' }, signal })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}
