import { createPayClient } from '@looklook-pay/client'
import { openSandboxPhone } from './sandbox-phone.ts'
import { settings } from './settings.ts'

const { url, sandbox } = settings

/** The one client of the whole app: its pages share a session and a socket. It signs in by itself. */
export const client = createPayClient(sandbox ? { url, ...openSandboxPhone(sandbox) } : { url, wx })
