// Where a folder is met: its inode, and the addresses that came with the hardware.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import {
  devicesIn,
  fingerprintKey,
  hostFingerprint,
  upperLayerIn,
} from '../../src/system/host-fingerprint.js'

const folder = mkdtempSync(join(tmpdir(), 'claude-auth-place-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const system = {
  pidDomain: 'linux:id:pid:[4026531836]',
  pidSpace: 'box#pid:[4026531836]',
  bootId: 'b',
}

t.test('the upper layer is that of the nearest mount above, also behind a blank', async t => {
  const overlay = (point: string, upper: string) =>
    `40 22 0:40 / ${point} rw - overlay overlay rw,lowerdir=/l,upperdir=${upper},workdir=/w`
  const lines = [overlay('/', '/up/root'), overlay('/srv/my\\040homes', '/up/homes'), '']
  t.equal(upperLayerIn(lines, '/srv/my homes/a'), '/up/homes')
  t.equal(upperLayerIn(lines, '/srv/my'), '/up/root')
})

t.test('a folder that is moved is the same, a copy of it is not', async t => {
  const [first, moved, copy] = ['first', 'moved', 'copy'].map(name => join(folder, name))
  mkdirSync(first as string)
  const inodeAt = (path = '') => fingerprintKey(path, system).inode
  const before = inodeAt(first)
  cpSync(first as string, copy as string, { recursive: true })
  renameSync(first as string, moved as string)
  t.equal(inodeAt(moved), before)
  t.not(inodeAt(copy), before)
  t.equal(inodeAt(first), '', 'nothing is there')
})

t.test('name, machine id, boot and processes are told apart', async t => {
  const key = fingerprintKey(folder, system)
  t.same(fingerprintKey(folder, system), key)
  const { machine } = key
  t.match(fingerprintKey(folder, { ...system, bootId: 'c' }), { machine, inode: key.inode })
  t.not(fingerprintKey(folder, { ...system, bootId: 'c' }).system, key.system)
  t.not(fingerprintKey(folder, { ...system, pidSpace: 'other#pid:[4026531836]' }).machine, machine)
  t.not(
    fingerprintKey(folder, { ...system, pidDomain: 'linux:id2:pid:[4026531836]' }).machine,
    machine,
  )
})

t.test('in a container the hardware says nothing', async t => {
  const inside = { ...system, pidDomain: 'linux:id:pid:[4026532300]' }
  t.same(hostFingerprint(folder, fingerprintKey(folder, inside), inside).devices, [])
})

t.test('only what came with the hardware counts', async t => {
  const classes = join(folder, 'net')
  const device = (name: string, address: string, assigned = '0', at: string | null = 'pci0') => {
    mkdirSync(join(classes, name), { recursive: true })
    writeFileSync(join(classes, name, 'address'), `${address}\n`)
    writeFileSync(join(classes, name, 'addr_assign_type'), `${assigned}\n`)
    if (at === null) return
    mkdirSync(join(folder, 'devices', at), { recursive: true })
    symlinkSync(join(folder, 'devices', at), join(classes, name, 'device'))
  }
  device('eth0', '00:0c:29:11:22:33')
  const [only] = devicesIn(classes)
  device('lo', '00:00:00:00:00:00', '0', null)
  device('docker0', '02:42:0a:00:00:01', '3', null)
  device('veth1', '00:0c:29:11:22:44', '1', null)
  device('cloud', '02:0a:11:22:33:44')
  device('wlan0', '00:0c:29:11:22:55', '3')
  device('dock', '00:0c:29:11:22:66', '0', 'pci0/usb1/1-1')
  device('infiniband', `80:00:00:00:${'00:'.repeat(15)}01`)
  t.same(devicesIn(classes), [only])
  t.match(only, /^[0-9a-f]{16}$/)
  t.same(devicesIn(join(folder, 'none')), [])
})
