// Whether a command line asks for no more than words: help, or the version.

/** True for `help`, `--version`, no command at all, and for any command with `--help`. */
export function asksForWords([name = '--help', ...rest]: readonly string[]): boolean {
  const isAlone = ['help', '--help', '-h', '--version', '-v'].includes(name)
  return isAlone || rest.includes('--help') || rest.includes('-h')
}
