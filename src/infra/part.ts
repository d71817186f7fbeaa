/** A part of a process that can be taken away on purpose, and brought back. */
export interface Part {
  isUp(): boolean
  /** Resolves when it is done. */
  set(isUp: boolean): Promise<void>
}
