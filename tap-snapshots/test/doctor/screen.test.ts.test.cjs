/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/doctor/screen.test.ts > TAP > 120 columns > must match snapshot 1`] = `
It works now; 2 things need care.

  ! warn login-mode     Others may read or write your login file (mode 644).
                        chmod 600 ~/.claude/.credentials.json
  ✗ fail client         Claude Code is not installed here, or only our wrapper is found.
                        npm install -g @anthropic-ai/claude-code

✓ Set-up  1 check
! Login   2 checks, one needs care, 1 note
✗ Launch  1 check, one needs care
Every check and note: claude-auth doctor --verbose

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 120 columns, in color > must match snapshot 1`] = `
[1m[33mIt works now; 2 things need care.[39m[22m

  [33m! warn[39m login-mode     Others may read or write your login file (mode 644).
                        [1mchmod 600 ~/.claude/.credentials.json[22m
  [31m✗ fail[39m client         Claude Code is not installed here, or only our wrapper is found.
                        [1mnpm install -g @anthropic-ai/claude-code[22m

[32m✓[39m Set-up  1 check
[33m![39m Login   2 checks, one needs care, 1 note
[31m✗[39m Launch  1 check, one needs care
[2mEvery check and note: claude-auth doctor --verbose[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[
  `test/doctor/screen.test.ts > TAP > 120 columns, in color, with --verbose > must match snapshot 1`
] = `
[1m[33mIt works now; 2 things need care.[39m[22m

[1mSet-up[22m
  [32m✓ ok[39m   mode           claude-auth is on.

[1mLogin[22m
  [33m! warn[39m login-mode     Others may read or write your login file (mode 644).
                        [1mchmod 600 ~/.claude/.credentials.json[22m
  [2m• note[22m identity       No identity is configured; alice@example.com, the first account seen, is assumed to be yours.

[1mLaunch[22m
  [31m✗ fail[39m client         Claude Code is not installed here, or only our wrapper is found.
                        [1mnpm install -g @anthropic-ai/claude-code[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 120 columns, with --verbose > must match snapshot 1`] =
  `
It works now; 2 things need care.

Set-up
  ✓ ok   mode           claude-auth is on.

Login
  ! warn login-mode     Others may read or write your login file (mode 644).
                        chmod 600 ~/.claude/.credentials.json
  • note identity       No identity is configured; alice@example.com, the first account seen, is assumed to be yours.

Launch
  ✗ fail client         Claude Code is not installed here, or only our wrapper is found.
                        npm install -g @anthropic-ai/claude-code

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 60 columns > must match snapshot 1`] = `
It works now; 2 things need care.

  ! warn login-mode
    Others may read or write your login file (mode 644).
    chmod 600 ~/.claude/.credentials.json
  ✗ fail client
    Claude Code is not installed here, or only our wrapper
    is found.
    npm install -g @anthropic-ai/claude-code

✓ Set-up  1 check
! Login   2 checks, one needs care, 1 note
✗ Launch  1 check, one needs care
Every check and note: claude-auth doctor --verbose

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 60 columns, in color > must match snapshot 1`] = `
[1m[33mIt works now; 2 things need care.[39m[22m

  [33m! warn[39m login-mode
    Others may read or write your login file (mode 644).
    [1mchmod 600 ~/.claude/.credentials.json[22m
  [31m✗ fail[39m client
    Claude Code is not installed here, or only our wrapper
    is found.
    [1mnpm install -g @anthropic-ai/claude-code[22m

[32m✓[39m Set-up  1 check
[33m![39m Login   2 checks, one needs care, 1 note
[31m✗[39m Launch  1 check, one needs care
[2mEvery check and note: claude-auth doctor --verbose[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[
  `test/doctor/screen.test.ts > TAP > 60 columns, in color, with --verbose > must match snapshot 1`
] = `
[1m[33mIt works now; 2 things need care.[39m[22m

[1mSet-up[22m
  [32m✓ ok[39m   mode
    claude-auth is on.

[1mLogin[22m
  [33m! warn[39m login-mode
    Others may read or write your login file (mode 644).
    [1mchmod 600 ~/.claude/.credentials.json[22m
  [2m• note[22m identity
    No identity is configured; alice@example.com, the first
    account seen, is assumed to be yours.

[1mLaunch[22m
  [31m✗ fail[39m client
    Claude Code is not installed here, or only our wrapper
    is found.
    [1mnpm install -g @anthropic-ai/claude-code[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 60 columns, with --verbose > must match snapshot 1`] = `
It works now; 2 things need care.

Set-up
  ✓ ok   mode
    claude-auth is on.

Login
  ! warn login-mode
    Others may read or write your login file (mode 644).
    chmod 600 ~/.claude/.credentials.json
  • note identity
    No identity is configured; alice@example.com, the first
    account seen, is assumed to be yours.

Launch
  ✗ fail client
    Claude Code is not installed here, or only our wrapper
    is found.
    npm install -g @anthropic-ai/claude-code

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 80 columns > must match snapshot 1`] = `
It works now; 2 things need care.

  ! warn login-mode     Others may read or write your login file (mode 644).
                        chmod 600 ~/.claude/.credentials.json
  ✗ fail client         Claude Code is not installed here, or only our wrapper
                        is found.
                        npm install -g @anthropic-ai/claude-code

✓ Set-up  1 check
! Login   2 checks, one needs care, 1 note
✗ Launch  1 check, one needs care
Every check and note: claude-auth doctor --verbose

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 80 columns, in color > must match snapshot 1`] = `
[1m[33mIt works now; 2 things need care.[39m[22m

  [33m! warn[39m login-mode     Others may read or write your login file (mode 644).
                        [1mchmod 600 ~/.claude/.credentials.json[22m
  [31m✗ fail[39m client         Claude Code is not installed here, or only our wrapper
                        is found.
                        [1mnpm install -g @anthropic-ai/claude-code[22m

[32m✓[39m Set-up  1 check
[33m![39m Login   2 checks, one needs care, 1 note
[31m✗[39m Launch  1 check, one needs care
[2mEvery check and note: claude-auth doctor --verbose[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[
  `test/doctor/screen.test.ts > TAP > 80 columns, in color, with --verbose > must match snapshot 1`
] = `
[1m[33mIt works now; 2 things need care.[39m[22m

[1mSet-up[22m
  [32m✓ ok[39m   mode           claude-auth is on.

[1mLogin[22m
  [33m! warn[39m login-mode     Others may read or write your login file (mode 644).
                        [1mchmod 600 ~/.claude/.credentials.json[22m
  [2m• note[22m identity       No identity is configured; alice@example.com, the first
                        account seen, is assumed to be yours.

[1mLaunch[22m
  [31m✗ fail[39m client         Claude Code is not installed here, or only our wrapper
                        is found.
                        [1mnpm install -g @anthropic-ai/claude-code[22m

One of these can be fixed for you:
  claude-auth doctor --fix

`

exports[`test/doctor/screen.test.ts > TAP > 80 columns, with --verbose > must match snapshot 1`] = `
It works now; 2 things need care.

Set-up
  ✓ ok   mode           claude-auth is on.

Login
  ! warn login-mode     Others may read or write your login file (mode 644).
                        chmod 600 ~/.claude/.credentials.json
  • note identity       No identity is configured; alice@example.com, the first
                        account seen, is assumed to be yours.

Launch
  ✗ fail client         Claude Code is not installed here, or only our wrapper
                        is found.
                        npm install -g @anthropic-ai/claude-code

One of these can be fixed for you:
  claude-auth doctor --fix

`
