import { devNull } from 'node:os'

/** For a process of ours that is no developer's: it reads no `.env` of theirs, whose servers and merchant it would use. */
export const NO_ENV_FILE = { ENV_FILE: devNull }
