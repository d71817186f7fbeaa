import { SetupError, systemCode } from './setup-error.ts'

export interface Address {
  host: string
  port: number
}

/**
 * Translates the error of a server that can't listen into a {@link SetupError} with a remedy; returns others as they
 * are.
 */
export function explainListening(
  error: unknown,
  { host, port, portSetting, hostSetting = 'HOST' }: Address & { portSetting: string; hostSetting?: string },
): unknown {
  const code = systemCode(error)
  if (code === 'EADDRINUSE') {
    return new SetupError(`Port ${port} is in use: set ${portSetting} to another one, or stop what uses it.`)
  }
  if (code === 'EACCES') {
    return new SetupError(`Port ${port} is for the system's own services: set ${portSetting} to one above 1023.`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new SetupError(`${host} is no address of this machine: set ${hostSetting} to one that is, or to 127.0.0.1.`)
  }
  return error
}

/** The URL of a server that listens there, without a path. */
export function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
