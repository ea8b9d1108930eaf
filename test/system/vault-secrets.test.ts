// No Vault token, JWT or login token anywhere but in its file, whatever Vault answers and whatever the caller's environment says.

import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { jwtIssuer } from '../kit/jwt-issuer.js'
import { openBao } from '../kit/openbao.js'
import { processesOf } from '../kit/run.js'
import { secretsInFolder, secretsInText } from '../kit/secrets.js'
import { me, vaultBox } from '../kit/vault-box.js'
import { type Answer, type Passed, type VaultGateway, vaultGateway } from '../kit/vault-gateway.js'
import { tokenFileOf, type VaultMount, vaultMount } from '../kit/vault-mount.js'
import { custodies, type Wrapped } from '../kit/wrapped.js'

const bao = await openBao(t)
t.jobs = 2

/** Writes down what it can see of itself. */
const dump = (file: string) => `tr '\\0' '\\n' </proc/self/environ >>~/${file}
tr '\\0' '\\n' </proc/$$/cmdline >>~/${file}`
const client = `#!/bin/sh
${dump('seen-by-client')}
echo client
`
const alertCommand = `#!/bin/sh
${dump('seen-by-alert')}
cat >>~/seen-by-alert
`

/** Says back all that it was sent, as a careless proxy's error page does. */
const echo = ({ token, body, path }: Passed) => `${path} ${token} ${body} ${JSON.stringify(body)}`
const errors = (asked: Passed) => JSON.stringify({ errors: [echo(asked)] })

const answers: Record<string, ((asked: Passed) => Answer | null) | null> = {
  'as it should': null,
  '400 that repeats': asked => ({ status: 400, body: errors(asked) }),
  '403 that repeats': asked => ({ status: 403, body: errors(asked) }),
  '500 that repeats': asked => ({ status: 500, body: errors(asked) }),
  '404 that repeats': asked => ({ status: 404, body: errors(asked) }),
  'HTML that repeats': asked => ({ status: 200, body: `<p>${echo(asked)}</p>` }),
  'JSON that is odd': asked => ({
    status: 200,
    body: JSON.stringify({ data: { data: echo(asked), metadata: { version: echo(asked) } } }),
  }),
  nothing: () => 'hang',
}

/** A caller's environment that a careless program would obey. */
function hostileEnv(trap: VaultGateway) {
  return {
    VAULT_ADDR: trap.address,
    VAULT_TOKEN: 'hvs.of-the-hostile-environment',
    VAULT_NAMESPACE: 'hostile',
    VAULT_PREFIX: 'hostile',
    VAULT_SKIP_VERIFY: '1',
    VAULT_CACERT: '/nowhere',
    BAO_ADDR: trap.address,
    BAO_TOKEN: 'hvs.of-the-hostile-environment',
    HTTP_PROXY: trap.address,
    http_proxy: trap.address,
    DEBUG: '*',
  }
}

/** Environments and arguments of all that runs in this home, until it is told to end. */
function watch(box: Wrapped) {
  const seen = new Set<string>()
  let isOver = false
  const look = async () => {
    while (!isOver) {
      for (const pid of await processesOf(box.home.path))
        for (const name of ['environ', 'cmdline'])
          seen.add(await readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => ''))
      await sleep(10)
    }
  }
  const looking = look()
  return async () => {
    isOver = true
    await looking
    return [...seen].join('\n')
  }
}

interface Scene {
  box: Wrapped
  at: VaultMount
  gateway: VaultGateway
  trap: VaultGateway
  env: Record<string, string>
}

async function scene(t: Test, custody: string, auth?: (at: VaultMount) => object): Promise<Scene> {
  const at = await vaultMount(bao)
  const [gateway, trap] = [await vaultGateway(t, bao), await vaultGateway(t, null)]
  trap.instead = () => ({ status: 200, body: '{}' })
  const vault = { mount: at.mount, address: gateway.address, timeout: '300ms' }
  const box = await vaultBox(t, bao, {
    client,
    login: 'none',
    vault: { ...vault, ...auth?.(at) },
    config: { custody },
  })
  const config = JSON.parse(readFileSync(box.home.configFile, 'utf8')) as object
  const hook = join(box.home.path, 'alert')
  box.home.write(hook, alertCommand, 0o700)
  box.writeConfig({ ...config, alerts: { command: [hook] } })
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  return { box, at, gateway, trap, env: hostileEnv(trap) }
}

/** Launches, checks and reads the log under every answer of Vault; all that was said and seen. */
async function useIt({ box, gateway, env }: Scene): Promise<string> {
  const texts: string[] = []
  const watched = watch(box)
  for (const [name, answer] of Object.entries(answers)) {
    gateway.instead = answer
    box.writeLogin(box.signIn())
    // With it Node itself prints what is sent: no program of Node's can help that on its own stderr.
    const debugged = { ...env, NODE_DEBUG: 'http,https,net,tls' }
    const runs = [await box.launch(['-p', 'hi'], { env: debugged })]
    await box.settle()
    runs.push(await box.ensure(['--force'], { env }), await box.command(['ensure'], { env }))
    for (const { stdout, stderr } of runs) texts.push(`${name}: ${stdout}${stderr}`)
  }
  gateway.instead = null
  for (const token of box.secrets()) box.authority.endFamily(token)
  const dead = await box.command(['ensure', '--force'], { env })
  const log = await box.command(['log'], { env })
  const seen = ['seen-by-client', 'seen-by-alert'].map(name => {
    const file = join(box.home.path, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  })
  return [
    ...texts,
    dead.stdout,
    dead.stderr,
    log.stdout,
    log.stderr,
    ...seen,
    await watched(),
  ].join('\n')
}

const trimmed = (secrets: string[]) => [...new Set(secrets)].filter(each => each !== '')

for (const custody of custodies)
  t.test(`a token of its own, ${custody}`, { buffered: true }, async t => {
    const its = await scene(t, custody)
    const { box, at, gateway, trap } = its
    const said = await useIt(its)
    t.match(said, /Type: claude-auth login/, 'it came to an alert')
    t.match(said, 'VAULT_TOKEN=hvs.of-the-hostile', 'the client has the environment of the caller')
    const alert = readFileSync(join(box.home.path, 'seen-by-alert'), 'utf8')
    t.notMatch(alert, 'VAULT_', 'a command of the site has not')
    t.same(secretsInText(said, [at.token, ...box.secrets()]), [])
    const inHome = await secretsInFolder(box.home.path, [at.token])
    t.same(
      inHome.map(each => each.split(': ')[0]),
      [tokenFileOf(box)],
    )
    const refresh = await box.grepSecrets(box.home.path, 'refresh')
    const { loginFile } = box.home.paths
    t.same(
      refresh.filter(each => custody === 'sole' || !each.startsWith(loginFile)),
      [],
    )
    t.equal(trap.connections, 0, 'nothing went where the environment points')
    t.same(trimmed(gateway.passed.map(({ token }) => token)), [at.token])
  })

t.test('a JWT', { buffered: true }, async t => {
  const issuer = await jwtIssuer(bao)
  const jwt = await issuer.sign({ sub: me, role: 'x'.repeat(40) })
  const its = await scene(t, 'sole', () => ({
    auth: { method: 'jwt', jwtFile: '~/jwt', role: 'claude-auth' },
  }))
  const { box, at, gateway, trap } = its
  await issuer.role('claude-auth', { token_policies: [at.mount] })
  const jwtFile = join(box.home.path, 'jwt')
  box.home.write(jwtFile, jwt)
  const said = await useIt(its)
  const tokens = trimmed(gateway.passed.map(({ token }) => token))
  t.ok(tokens.length > 0 && !tokens.includes(at.token), 'sessions were opened with it')
  // The header is the same in all of them.
  const [, claims = '', signature = ''] = jwt.split('.')
  const secrets = [claims, signature, ...tokens]
  t.same(secretsInText(said, [...secrets, ...box.secrets()]), [])
  const inHome = await secretsInFolder(box.home.path, secrets)
  t.same([...new Set(inHome.map(each => each.split(': ')[0]))], [jwtFile])
  t.equal(trap.connections, 0)
})
