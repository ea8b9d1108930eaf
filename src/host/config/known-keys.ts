// Every key path of a config file, read off its schema.

import { configFileSchema } from './schema.js'

/** Dotted paths, `[]` for the items of a list: what "did you mean" may offer. */
export function knownKeys(): string[] {
  return keysOf(configFileSchema, '')
}

function keysOf(schema: unknown, prefix: string): string[] {
  const { wrapped, entries, item } = schema as Record<string, unknown>
  if (wrapped) return keysOf(wrapped, prefix)
  if (item) return keysOf(item, `${prefix}[]`)
  return Object.entries(entries ?? {}).flatMap(([key, inner]) => {
    const here = prefix ? `${prefix}.${key}` : key
    return [here, ...keysOf(inner, here)]
  })
}
