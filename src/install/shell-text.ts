// The lines that put the wrapper's folder first on PATH, in the words of each kind of shell.

/** For sh, bash and zsh; sourced, so it changes nothing but PATH. */
export function pathLines(folder: string): string {
  return `case ":\${PATH-}:" in
  *:${folder}:*) ;;
  *) export PATH="${folder}\${PATH:+:$PATH}" ;;
esac
`
}

export function profileText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.\n${pathLines(folder)}`
}

export function fishText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.
contains -- ${folder} $PATH; or set -gx PATH ${folder} $PATH
`
}

/** environment.d(5): what a user's systemd services start with. */
export function environmentText(folder: string): string {
  return `# claude-auth: its wrapper goes before the client.\nPATH=${folder}:$PATH\n`
}
