// JSON as people write it: comments and trailing commas are let pass.

import { isTooDeep } from './json.js'

/** Undefined for what is no JSON all the same, or nested deeper than `isTooDeep` allows; an empty text is an empty object. */
export async function tolerantJson(text: string): Promise<unknown> {
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '') return {}
  if (isTooDeep(body)) return undefined
  try {
    return JSON.parse(body)
  } catch {
    const { parse } = await import('jsonc-parser')
    const errors: unknown[] = []
    const value: unknown = parse(body, errors as never[], { allowTrailingComma: true })
    return errors.length === 0 ? value : undefined
  }
}
