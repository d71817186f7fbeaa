import { documentAttacks } from './attacks/documents.ts'
import { describeAttacks } from './describe-attacks.ts'

describeAttacks('hostile documents', documentAttacks)
