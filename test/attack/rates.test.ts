import { rateAttacks } from './attacks/rates.ts'
import { describeAttacks } from './describe-attacks.ts'

describeAttacks('floods of operations', rateAttacks)
