// The program's version, as package.json has it.

import about from '../package.json' with { type: 'json' }

export const version: string = about.version
