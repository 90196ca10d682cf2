import type { Element, ElementContent, Root } from 'hast'
import { fromParse5 } from 'hast-util-from-parse5'
import { parseFragment } from 'parse5'
import { plainTree } from './plain-html.ts'

/** What stands deeper is text: whatever walks the tree may recurse. */
const MAX_DEPTH = 200

/** HTML as a browser reads it when it is put into a page, not yet sanitised. Apart from what cleans and colours, which is slow to load. */
export function htmlToTree(html: string): Root {
  const plain = plainTree(html)
  if (plain) return plain
  try {
    return anyTree(html)
  } catch (error) {
    // Tags inside tags, by the thousand: nobody's slide.
    if (!(error instanceof RangeError)) throw error
    return { type: 'root', children: [{ type: 'text', value: html }] }
  }
}

/** The tree of any HTML at all. @throws RangeError when too much is inside each other */
export function anyTree(html: string): Root {
  const tree = fromParse5(parseFragment(html))
  if (tree.type !== 'root') throw new TypeError(`A fragment of HTML has become ${tree.type}.`)
  limitDepth(tree)
  return tree
}

/** Calls `act` with every element, each before those inside it. */
export function eachElement(tree: Root | Element, act: (node: Element, parent: Root | Element) => void): void {
  for (const child of tree.children) {
    if (child.type !== 'element') continue
    act(child, tree)
    eachElement(child, act)
  }
}

function limitDepth(tree: Root): void {
  let level = elementsIn(tree.children)
  for (let depth = 1; depth < MAX_DEPTH && level.length > 0; depth++) level = level.flatMap((node) => elementsIn(node.children))
  for (const node of level) node.children = []
}

function elementsIn(nodes: readonly (Root['children'][number] | ElementContent)[]): Element[] {
  return nodes.filter((child) => child.type === 'element')
}
