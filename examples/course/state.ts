import type { TransitionTable } from '../../src/infra/transitions.ts'

export type EnrolmentState = 'WAIT_PAY' | 'CANCELLED' | 'ENROLLED' | 'REFUNDED'

export const enrolmentTransitions: TransitionTable<EnrolmentState> = {
  WAIT_PAY: ['ENROLLED', 'CANCELLED'],
  CANCELLED: [],
  ENROLLED: ['REFUNDED'],
  REFUNDED: [],
}
