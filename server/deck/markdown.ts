import type { Element, ElementContent, Root } from 'hast'
import rehypeHighlight from 'rehype-highlight'
import rehypeRaw from 'rehype-raw'
import rehypeSanitize, { defaultSchema, type Options } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import { visit } from 'unist-util-visit'
import { allowedHtml } from './allowed-html.ts'
import { parseFenceInfo, type FenceInfo } from './fence-info.ts'

export type { Element, ElementContent, Root }
export type Schema = Options

/** Is told of every block of code, and says under which id it is live, if it is. */
export type CodeListener = (info: FenceInfo, source: string) => string | undefined

/** A `code` node of Markdown's tree. */
interface CodeNode {
  readonly lang?: string | null
  readonly meta?: string | null
  readonly value: string
}

/** Under which id a `code` node is live. */
const liveIds = new WeakMap<CodeNode, string>()

// Made once: each sets up its grammar or its languages.
const parser = unified().use(remarkParse).use(remarkGfm).freeze()
const toHtml = unified()
  .use(remarkRehype, { allowDangerousHtml: true, handlers: { code: (_, node: CodeNode) => codeElement(node) } })
  .use(rehypeRaw)
  .freeze()
const highlighter = unified()
  .use(rehypeHighlight, { aliases: { bash: ['console'], yaml: ['yml'] }, plainText: ['promql', 'text', 'txt'] })
  .freeze()
const printer = unified().use(rehypeStringify).freeze()

/** Markdown → HTML tree, not yet sanitised. The door to unified: everything that knows it is in this file. */
export function markdownToTree(markdown: string, onCode: CodeListener): Root {
  const tree = parser.parse(markdown)
  // The fence's attributes are lost in HTML: they are read here.
  visit(tree, 'code', (node) => {
    const blockId = onCode(infoOf(node), node.value)
    if (blockId !== undefined) liveIds.set(node, blockId)
  })
  return toHtml.runSync(tree)
}

function infoOf(node: CodeNode): FenceInfo {
  return parseFenceInfo([node.lang, node.meta].filter((part) => part).join(' '))
}

function codeElement(node: CodeNode): Element {
  const { language } = infoOf(node)
  const className = /^[\w+#.-]{1,30}$/.test(language) ? [`language-${language}`] : []
  const pre = element('pre', {}, [element('code', { className }, [{ type: 'text', value: `${node.value}\n` }])])
  const id = liveIds.get(node)
  return id === undefined ? pre : element('div', { dataBlock: id }, [pre])
}

export function element(tagName: string, properties: Element['properties'], children: ElementContent[]): Element {
  return { type: 'element', tagName, properties, children }
}

/**
 * The tree without anything that could act on its own, then `finish`, then colours for code, as HTML.
 * @param blockIds ids that `data-block` may hold
 */
export function treeToSafeHtml(tree: Root, blockIds: readonly string[], finish: (safe: Root) => void): string {
  const safe = unified().use(rehypeSanitize, allowedHtml(defaultSchema, blockIds)).runSync(tree)
  finish(safe)
  const coloured = highlighter.runSync(safe) as Root
  visit(coloured, 'element', plainWords)
  return printer.stringify(coloured)
}

/** HTML that was made by `treeToSafeHtml` some time ago and kept where others could write: what it would not have let through goes. */
export function safeHtmlAgain(html: string, blockIds: readonly string[]): string {
  const kept: Root = { type: 'root', children: [{ type: 'raw', value: html }] }
  const again = unified().use(rehypeRaw).use(rehypeSanitize, allowedHtml(defaultSchema, blockIds)).freeze()
  return printer.stringify(again.runSync(kept))
}

/**
 * The colouring of bash knows a list of programs (`head`, but not `kubectl`) and takes `--for=` for a loop: words of that
 * kind become plain again.
 */
function plainWords(node: Element): void {
  if (node.tagName !== 'code') return
  node.children = node.children.map((child, index) => {
    if (child.type !== 'element') return child
    const before = node.children[index - 1]
    const classes = String(child.properties['className'])
    const isOption = before?.type === 'text' && before.value.endsWith('-')
    const [word] = child.children
    return word?.type === 'text' && (classes === 'hljs-built_in' || (classes === 'hljs-keyword' && isOption)) ? word : child
  })
}
