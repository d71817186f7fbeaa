import { socketAttacks } from './attacks/sockets.ts'
import { describeAttacks } from './describe-attacks.ts'

describeAttacks('hostile sockets', socketAttacks)
