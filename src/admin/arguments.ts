import { InvalidArgumentError } from 'commander'

/** A number of rows. */
export function readCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.')
  return Number(text)
}

/** A person's name: the trail keeps it for ever. */
export function readName(text: string): string {
  const name = text.trim()
  if (!/^\P{C}{1,64}$/u.test(name)) throw new InvalidArgumentError('It must have 1 to 64 characters.')
  return name
}

/** One of these words. */
export function readOneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
  }
}
