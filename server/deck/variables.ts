import type { Item } from './items.ts'

const VARIABLE = /(\\?)\{\{[ \t]*([^\s{}][^\n{}]*?)[ \t]*\}\}/g

/**
 * Replaces `{{ key }}` by its value in content (dialect 8.1): the slide's own properties first, then the deck's
 * variables. Unknown keys stay as written, `\{{key}}` shows `{{key}}`.
 */
export function expandVariables(items: readonly Item[], lookUp: (key: string) => string | undefined): Item[] {
  return items.map((item) => {
    if (item.kind === 'class') return { ...item, items: expandVariables(item.items, lookUp) }
    if (item.kind === 'definition' || !item.text.includes('{{')) return item
    const inCode = item.kind === 'code'
    const text = item.text.replace(VARIABLE, (whole: string, escape: string, key: string) => {
      if (escape !== '' && !inCode) return whole.slice(1)
      // Nothing was put in its place by inheritance (8.2); in code it is somebody's own text.
      const value = key === 'content' ? (inCode ? undefined : '') : lookUp(key)
      return escape + (value ?? whole.slice(escape.length))
    })
    return { ...item, text }
  })
}
