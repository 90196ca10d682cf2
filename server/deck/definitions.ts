import type { Draft, Item } from './items.ts'
import type { LinkDefinition } from './markdown-inline.ts'

/** A line that says where a name leads (dialect 10.1). */
const DEFINITION = /^ *\[([^\]\n]{1,300})\]: *<?([^\s>]+)>?(?: +["(]([^\n]+)[")])? *$/

/** What a line defines, if it is a definition. */
export function readDefinition(line: string): { readonly id: string; readonly link: LinkDefinition } | undefined {
  if (!line.includes(']:')) return undefined
  const [whole, id = '', href = '', title] = DEFINITION.exec(line) ?? []
  return whole === undefined ? undefined : { id: id.toLowerCase(), link: { href, title } }
}

/** `[id]: url` lines serve the whole deck, wherever they stand; the last one wins. By lower-case id. */
export function definitionsOf(drafts: readonly Draft[]): Map<string, LinkDefinition> {
  const definitions = new Map<string, LinkDefinition>()
  const collect = (items: readonly Item[]): void => {
    for (const item of items) {
      if (item.kind === 'class') collect(item.items)
      if (item.kind === 'definition') definitions.set(item.id, item.link)
    }
  }
  for (const draft of drafts) {
    collect(draft.items)
    collect(draft.notes)
  }
  return definitions
}
