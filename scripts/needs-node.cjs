// Ends a script at once where Node is too old for it. First import of every script, and first command where the README begins.

if (parseInt(process.versions.node, 10) < 20) require('../bin/node-too-old.cjs')
