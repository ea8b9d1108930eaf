// Which form of the program keeps a configuration for later: one that another form kept is not believed.

/** A hash of the sources that make a configuration; put in by scripts/build.mjs, not there where no build was made. */
declare const $configForm: string | undefined

/** Changes with what a kept configuration holds and with how it is made of its files, be the version the same. */
export const configForm: string = typeof $configForm === 'string' ? $configForm : 'unbuilt'
