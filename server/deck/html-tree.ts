import type { ElementContent, Root } from 'hast'
import rehypeRaw from 'rehype-raw'
import { unified } from 'unified'

// Made once. Apart from what cleans and colours, which takes a third of a second to load.
const reader = unified().use(rehypeRaw).freeze()

/** HTML as a browser reads it, not yet sanitised. */
export function htmlToTree(html: string): Root {
  return reader.runSync({ type: 'root', children: [{ type: 'raw', value: html } as unknown as ElementContent] })
}
