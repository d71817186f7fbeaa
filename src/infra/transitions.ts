/** For each state, the states that may follow. A state without a row doesn't compile. */
export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>

/** A transition that the state table doesn't have: a bug, never an answer to a caller. */
export class IllegalTransitionError extends Error {
  constructor(subject: string, from: string, to: string) {
    super(`${subject} is ${from} and can't become ${to}`)
  }
}

/** @throws {IllegalTransitionError} when the table has no such transition. Staying in a state is always allowed. */
export function assertTransition<State extends string>(
  table: TransitionTable<State>,
  subject: string,
  from: State,
  to: State,
): void {
  if (from !== to && !table[from].includes(to)) throw new IllegalTransitionError(subject, from, to)
}
