import { SetupError, systemCode } from './setup-error.ts'

/** A package that isn't installed here is needed: only development, or only some deployments, have it. */
export class MissingPackageError extends SetupError {}

/**
 * A package that isn't part of every installation, loaded when it is needed.
 *
 * @param name of the package; or the scope of several that come together.
 * @param load its dynamic import.
 * @param message what is missing, and what to do then.
 * @throws {MissingPackageError} where it isn't installed.
 */
export async function loadOptional<Module>(
  name: string,
  load: () => Promise<Module>,
  message: string,
): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new MissingPackageError(message, { cause: error })
  }
}

/** Whether it is that package which Node didn't find, and nothing that it imports itself. */
function isMissing(error: unknown, name: string): boolean {
  const isNamed = [`'${name}'`, `'${name}/`].some((start) => String(error).includes(start))
  return systemCode(error) === 'ERR_MODULE_NOT_FOUND' && isNamed
}
