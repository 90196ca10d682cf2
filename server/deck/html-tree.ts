import type { Element, ElementContent, Root } from 'hast'
import rehypeRaw from 'rehype-raw'
import { unified } from 'unified'

/** What stands deeper is text: whatever walks the tree may recurse. */
const MAX_DEPTH = 200

// Made once. Apart from what cleans and colours, which takes a third of a second to load.
const reader = unified().use(rehypeRaw).freeze()

/** HTML as a browser reads it, not yet sanitised. */
export function htmlToTree(html: string): Root {
  try {
    const tree = reader.runSync({ type: 'root', children: [{ type: 'raw', value: html } as unknown as ElementContent] })
    limitDepth(tree)
    return tree
  } catch (error) {
    // Tags inside tags, by the thousand: nobody's slide.
    if (!(error instanceof RangeError)) throw error
    return { type: 'root', children: [{ type: 'text', value: html }] }
  }
}

function limitDepth(tree: Root): void {
  let level: Element[] = tree.children.filter((child) => child.type === 'element')
  for (let depth = 1; depth < MAX_DEPTH && level.length > 0; depth++)
    level = level.flatMap((node) => node.children.filter((child) => child.type === 'element'))
  for (const node of level) node.children = []
}
