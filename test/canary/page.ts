// The contract as a page: docs/client-contract.md, from what the canary saw last.

import { contract } from './contract.js'

/** What one version did: by subject and statement. */
export interface Results {
  version: string
  /** ISO date. */
  checkedOn: string
  seen: Record<string, Record<string, { expected: string; seen: string; holds: boolean }>>
}

/** Newest version first. */
export function pageText(results: readonly Results[]): string {
  const versions = results.map(({ version, checkedOn }) => `${version} (${checkedOn})`).join(', ')
  const head = ['', ...results.map(({ version }) => version)]
  const sections = Object.entries(contract).map(([subject, { title, statements }]) => {
    const rows = statements.map(({ when }) => [
      when,
      ...results.map(({ seen }) => {
        const row = seen[subject]?.[when]
        return row === undefined ? 'not tried' : `${row.seen}${row.holds ? '' : ' **(!)**'}`
      }),
    ])
    return `## ${title}\n\n${table([head, ...rows])}\n`
  })
  return `# What the product relies on in the client

claude-auth rests on what Claude Code does with its login: nobody promises that, so it is tried. \`npm run canary [VERSION]\` fetches a
version of the client from the npm registry (the newest, if not said otherwise), does each of the following to it against the stand-in
authority on loopback, and prints what was expected and what was seen; it ends with 1 where one differs. \`npm run canary -- --pinned\`
does so with the versions that the tests are run with, and writes this page; \`npm run test:system\` (so CI too) fails where one of these
does not hold.

Checked: ${versions}. A figure with **(!)** is not what the product expects.

${sections.join('\n')}`
}

function table([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}
