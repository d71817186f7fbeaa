import { SetupError, systemCode } from './setup-error.ts'

/**
 * Translates the error of a server that can't listen into a {@link SetupError} with a remedy; returns others as they
 * are.
 */
export function explainListening(
  error: unknown,
  { host, port, portSetting }: { host: string; port: number; portSetting: string },
): unknown {
  const code = systemCode(error)
  if (code === 'EADDRINUSE') {
    return new SetupError(`Port ${port} is in use: set ${portSetting} to another one, or stop what uses it.`)
  }
  if (code === 'EACCES') {
    return new SetupError(`Port ${port} is for the system's own services: set ${portSetting} to one above 1023.`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new SetupError(`${host} is no address of this machine: set HOST to one that is, or to 127.0.0.1.`)
  }
  return error
}
