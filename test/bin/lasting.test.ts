// Where a worker may be left to the background: by the control group and the variables of the job owners that people use.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { type Shell, shells } from '../kit/wrapper-box.js'

const gate = readFileSync(join(import.meta.dirname, '../../bin/gate.sh'), 'utf8')
const user = '0::/user.slice/user-1000.slice'

/** Control groups as these programs leave them, and whether a worker outlives the launch there. */
const groups: [name: string, group: string, lasts: boolean][] = [
  ['ssh, and in it nohup, setsid, screen, tmux or VS Code', `${user}/session-7.scope`, true],
  ['a scope that root made for a user', `${user}/run-r0a.scope`, true],
  ['cron', '0::/system.slice/cron.service', true],
  ['crond', '0::/system.slice/crond.service', true],
  ['sshd without PAM', '0::/system.slice/sshd.service', true],
  ['a unit of systemd --user', `${user}/user@1000.service/app.slice/mine.service`, false],
  ['systemd-run --user', `${user}/user@1000.service/app.slice/run-r0a.service`, false],
  ['systemd-run', '0::/system.slice/run-r0a.service', false],
  ['at', '0::/system.slice/atd.service', false],
  ['a runner of a build server', '0::/system.slice/actions.runner.x.service', false],
  ['slurm', '0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0', false],
  ['slurm below a session', `${user}/slurm-session-7.scope`, false],
  ['docker', '0::/system.slice/docker-0a.scope', false],
  ['podman of a user', `${user}/user@1000.service/user.slice/libpod-0a.scope`, false],
  ['Kubernetes', '0::/kubepods.slice/kubepods-pod0a.slice/cri-containerd-0a.scope', false],
  ['LXC', '0::/lxc.payload.box/.lxc', false],
  ['PBS', '0::/pbs_jobs.service/jobid/7.host', false],
  ['HTCondor', '0::/system.slice/condor.service', false],
]

/** Below the user's service manager, which ends soon after the last session unless it lingers. */
const ofManager: [name: string, group: string][] = [
  ['tmux with units', `${user}/user@1000.service/tmux-spawn-0a.scope`],
  ['a terminal of GNOME', `${user}/user@1000.service/app.slice/vte-spawn-0a.scope`],
  ['KDE', `${user}/user@1000.service/app.slice/app-org.kde.konsole-0a.scope`],
  ['systemd-run --user --scope', `${user}/user@1000.service/app.slice/run-r0a.scope`],
  ['flatpak', `${user}/user@1000.service/app.slice/app-flatpak-org.x.Term-7.scope`],
  ['snap', `${user}/user@1000.service/app.slice/snap.term.term-0a.scope`],
]

/** What logind was told, and whether it leaves what a session left. */
const managers: [name: string, files: Record<string, string>, lasts: boolean][] = [
  ['as Debian has it', { 'etc/systemd/logind.conf': '#KillUserProcesses=no' }, true],
  ['as it may be built', { 'usr/lib/systemd/logind.conf': '#KillUserProcesses=yes' }, false],
  ['set', { 'etc/systemd/logind.conf': 'KillUserProcesses=yes' }, false],
  ['in other words', { 'etc/systemd/logind.conf': ' KillUserProcesses = True' }, false],
  ['by a drop-in', { 'etc/systemd/logind.conf.d/50-site.conf': 'KillUserProcesses=1' }, false],
  [
    'built so, and set otherwise',
    {
      'etc/systemd/logind.conf': '#KillUserProcesses=yes',
      'etc/systemd/logind.conf.d/50-site.conf': 'KillUserProcesses=no',
    },
    true,
  ],
  ['with blanks', { 'etc/systemd/logind.conf': '\tKillUserProcesses\t=\ton \n\n' }, false],
  [
    'at the end',
    { 'etc/systemd/logind.conf': '#KillUserProcesses=no\nKillUserProcesses=y' },
    false,
  ],
  ['no name of its own', { 'etc/systemd/logind.conf': 'KillUserProcessesToo=yes\n' }, true],
  ['in words about it', { 'etc/systemd/logind.conf': '# KillUserProcesses=yes\n' }, true],
  ['of others', { 'etc/systemd/logind.conf': 'KillOnlyUsers=bob\nKillExcludeUsers=root' }, true],
]

/** As in /proc/PID/status: the process has a number in each of its spaces. */
const spaces = (count: number) => `Name:\tdash\nNSpid:\t${'7\t'.repeat(count).trim()}\nTrace:\t0\n`

const owners = [
  ...['CI', 'RUNNER_TRACKING_ID', 'JENKINS_NODE_COOKIE', 'BUILD_ID', 'HUDSON_COOKIE'],
  ...['VSTS_PROCESS_LOOKUP_ID', 'TF_BUILD', 'BUILDKITE', 'TEAMCITY_VERSION', 'SLURM_JOB_ID'],
  ...['PBS_JOBID', 'LSB_JOBID', 'OAR_JOB_ID', 'FLUX_JOB_ID', '_CONDOR_SLOT', 'SGE_TASK_ID'],
  ...['COBALT_JOBID', 'LOADL_STEP_ID', 'CODEBUILD_BUILD_ID', 'bamboo_buildKey'],
  ...['GO_PIPELINE_NAME', 'NOMAD_ALLOC_ID'],
]

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    const folder = t.testdir({ comm: 'systemd\n', status: spaces(1) })
    const file = join(folder, 'gate.sh')
    const group = join(folder, 'cgroup')
    const text = gate
      .replaceAll('/proc/1/comm', join(folder, 'comm'))
      .replaceAll('/proc/self/cgroup', group)
      .replaceAll('/proc/self/status', join(folder, 'status'))
      .replaceAll(/\/(?:etc|run|usr\/lib|var\/lib)(?=\/systemd)/g, place => folder + place)
      .replaceAll('/run/WSL', join(folder, 'WSL'))
    writeFileSync(file, text)
    const lasts = (where: string, env: Record<string, string> = {}) => {
      writeFileSync(group, `${where}\n`)
      const [program = '', ...before] = shells[shell]
      const line = '. "$0"; ca_lasting && echo yes || echo no'
      const ended = spawnSync(program, [...before, '-c', line, file], { env, encoding: 'utf8' })
      return ended.stdout
    }
    for (const [name, where, expected] of groups)
      t.equal(lasts(where), expected ? 'yes\n' : 'no\n', name)
    for (const [name, files, expected] of managers) {
      for (const each of ['etc', 'run', 'usr'])
        rmSync(join(folder, each), { recursive: true, force: true })
      for (const [path, setting] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), `[Login]\n#NAutoVTs=6\n${setting}\n`)
      }
      t.equal(lasts(`${user}/session-7.scope`), expected ? 'yes\n' : 'no\n', name)
    }
    rmSync(join(folder, 'etc'), { recursive: true, force: true })
    const lingering = join(folder, 'var/lib/systemd/linger')
    for (const [name, where] of ofManager) t.equal(lasts(where), 'no\n', name)
    mkdirSync(lingering, { recursive: true })
    writeFileSync(join(lingering, 'somebody-else'), '')
    for (const [name, where] of ofManager) t.equal(lasts(where), 'no\n', `${name}: another lingers`)
    writeFileSync(join(lingering, userInfo().username), '')
    for (const [name, where] of ofManager) t.equal(lasts(where), 'yes\n', `${name}: it lingers`)
    mkdirSync(join(folder, 'WSL'))
    t.equal(lasts(`${user}/session-7.scope`), 'no\n', 'WSL')
    rmSync(join(folder, 'WSL'), { recursive: true })
    writeFileSync(join(folder, 'status'), spaces(2))
    t.equal(
      lasts(`${user}/session-7.scope`),
      'no\n',
      'a process space of its own with another’s /proc',
    )
    writeFileSync(join(folder, 'status'), spaces(1))
    for (const name of owners)
      t.equal(lasts(`${user}/session-7.scope`, { [name]: '1' }), 'no\n', `a job, told by ${name}`)
  })
