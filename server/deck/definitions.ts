import type { Draft, Item } from './items.ts'
import type { LinkDefinition } from './markdown-inline.ts'

/** A line that says where a name leads (dialect 10.1). */
export const DEFINITION = /^ *\[([^\]\n]{1,300})\]: *<?([^\s>]+)>?(?: +["(]([^\n]+)[")])? *$/gm

/** Definitions with the line breaks that the original takes out with them, which may join what stood around them (10.2). */
export const DEFINITIONS_AND_BREAKS = /(?:^|\n)(?: *\[[^\]\n]{1,300}\]: *<?[^\s>]+>?(?: +["(][^\n]+[")])? *(?:\n+|$))+/g

/** `[id]: url` lines serve the whole deck, wherever they stand; the last one wins. By lower-case id. */
export function definitionsOf(drafts: readonly Draft[]): Map<string, LinkDefinition> {
  const definitions = new Map<string, LinkDefinition>()
  const collect = (items: readonly Item[]): void => {
    for (const item of items) {
      if (item.kind === 'class') collect(item.items)
      if (item.kind !== 'text' || !item.text.includes(']:')) continue
      for (const [, id = '', href = '', title] of item.text.matchAll(DEFINITION)) definitions.set(id.toLowerCase(), { href, title })
    }
  }
  for (const draft of drafts) {
    collect(draft.items)
    collect(draft.notes)
  }
  return definitions
}
