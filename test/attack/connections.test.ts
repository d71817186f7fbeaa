import { connectionAttacks } from './attacks/connections.ts'
import { describeAttacks } from './describe-attacks.ts'

describeAttacks('hostile connections', connectionAttacks)
