import type { Element, Root } from 'hast'
import rehypeHighlight from 'rehype-highlight'
import rehypeSanitize, { defaultSchema, type Options } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import { unified } from 'unified'
import { allowedHtml } from './allowed-html.ts'
import { showMarks } from './code-marks.ts'
import { eachElement, htmlToTree } from './html-tree.ts'
import { OWN_ALIASES, OWN_LANGUAGES } from './languages.ts'

export type { Element, Root }
export type Schema = Options

// Made once: each sets up its languages.
const highlighter = unified()
  .use(rehypeHighlight, { aliases: { yaml: ['yml'] }, plainText: ['text', 'txt', ...Object.keys(OWN_LANGUAGES)] })
  .freeze()
// A processor of its own: the same plugin twice in one would be the second of them only.
const ownHighlighter = unified().use(rehypeHighlight, { languages: OWN_LANGUAGES, aliases: OWN_ALIASES }).freeze()
const printer = unified().use(rehypeStringify).freeze()

/** Longer code is shown without colours: some languages' take time that grows faster than the text. */
const MAX_COLOURED = 10_000

/**
 * The tree without anything that could act on its own, then `finish`, then colours for code, as HTML.
 * @param blockIds ids that `data-block` may hold
 */
export function treeToSafeHtml(tree: Root, blockIds: readonly string[], finish: (safe: Root) => void): string {
  const safe = unified().use(rehypeSanitize, allowedHtml(defaultSchema, blockIds)).runSync(tree)
  finish(safe)
  eachElement(safe, (node) => {
    if (node.tagName === 'pre') colour(node)
    if (node.tagName !== 'code') return
    plainWords(node)
    showMarks(node)
  })
  return printer.stringify(safe)
}

/** Colours one block of code where it stands. It alone is given to the plugin, which walks slowly through what is not code. */
function colour(block: Element): void {
  eachElement(block, (node) => {
    if (node.tagName === 'code' && isLong(node)) delete node.properties['className']
  })
  const alone: Root = { type: 'root', children: [block] }
  ownHighlighter.runSync(highlighter.runSync(alone) as Root)
}

/** HTML that was made by `treeToSafeHtml` some time ago and kept where others could write: what it would not have let through goes. */
export function safeHtmlAgain(html: string, blockIds: readonly string[]): string {
  const again = unified().use(rehypeSanitize, allowedHtml(defaultSchema, blockIds)).freeze()
  return printer.stringify(again.runSync(htmlToTree(html)))
}

function isLong({ children }: Element): boolean {
  return children.reduce((sum, child) => sum + (child.type === 'text' ? child.value.length : 0), 0) > MAX_COLOURED
}

/**
 * The colouring of bash knows a list of programs (`head`, but not `kubectl`) and takes `--for=` for a loop: words of that
 * kind become plain again.
 */
function plainWords(node: Element): void {
  node.children = node.children.map((child, index) => {
    if (child.type !== 'element') return child
    const before = node.children[index - 1]
    const classes = String(child.properties['className'])
    const isOption = before?.type === 'text' && before.value.endsWith('-')
    const [word] = child.children
    return word?.type === 'text' && (classes === 'hljs-built_in' || (classes === 'hljs-keyword' && isOption)) ? word : child
  })
}
