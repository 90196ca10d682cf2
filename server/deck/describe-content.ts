import { rangesIn } from './code-marks.ts'
import type { Element, ElementContent, Root } from 'hast'
import { textOf } from './content-html.ts'
import { eachElement } from './html-tree.ts'

/** What a slide's content holds, part by part. */
export interface ContentDescription {
  readonly headings: readonly { readonly level: number; readonly text: string }[]
  readonly images: readonly Readonly<Record<string, string>>[]
  readonly media: readonly { readonly tag: string; readonly src: string }[]
  readonly links: readonly { readonly href: string; readonly text: string; readonly title?: string; readonly target?: LinkTarget }[]
  readonly codeBlocks: readonly CodeDescription[]
  readonly inlineCode: readonly string[]
  readonly emphasis: Readonly<Record<'strong' | 'em' | 'del', readonly string[]>>
  readonly contentClasses: readonly { readonly tag: string; readonly classes: readonly string[]; readonly text: string }[]
  readonly listItems: readonly { readonly depth: number; readonly ordered: boolean; readonly text: string }[]
  readonly tables: readonly (readonly (readonly string[])[])[]
  readonly blockquotes: readonly string[]
  readonly rules: number
}

interface LinkTarget {
  readonly index: number
  readonly how: 'name' | 'position' | 'presenter' | 'unknown-goes-to-first'
}

interface CodeDescription {
  readonly lang: string | null
  readonly text: string
  /** From 1. */
  readonly highlightedLines: readonly number[]
  readonly highlightedSpans: readonly string[]
}

/** Describes one slide's content. @param names where names lead @param count how many slides the deck shows */
export function describeContent(tree: Root, names: ReadonlyMap<string, number>, count: number): ContentDescription {
  const found = new Found(names, count)
  eachElement(tree, (node, parent) => found.add(node, parent))
  listsIn(tree.children, 0, found.listItems)
  return found
}

const EMPHASIS: ReadonlyMap<string, 'strong' | 'em' | 'del'> = new Map(
  Object.entries<'strong' | 'em' | 'del'>({ strong: 'strong', b: 'strong', em: 'em', i: 'em', del: 'del' }),
)

class Found implements ContentDescription {
  readonly headings: { level: number; text: string }[] = []
  readonly images: Record<string, string>[] = []
  readonly media: { tag: string; src: string }[] = []
  readonly links: { href: string; text: string; title?: string; target?: LinkTarget }[] = []
  readonly codeBlocks: CodeDescription[] = []
  readonly inlineCode: string[] = []
  readonly emphasis: Record<'strong' | 'em' | 'del', string[]> = { strong: [], em: [], del: [] }
  readonly contentClasses: { tag: string; classes: string[]; text: string }[] = []
  readonly listItems: { depth: number; ordered: boolean; text: string }[] = []
  readonly tables: string[][][] = []
  readonly blockquotes: string[] = []
  rules = 0
  readonly #names: ReadonlyMap<string, number>
  readonly #count: number

  constructor(names: ReadonlyMap<string, number>, count: number) {
    this.#names = names
    this.#count = count
  }

  add(node: Element, parent: Root | Element): void {
    const { tagName } = node
    this.#contentClass(node)
    if (/^h[1-6]$/.test(tagName)) this.headings.push({ level: Number(tagName.charAt(1)), text: plain(node) })
    else if (tagName === 'img') this.images.push(imageOf(node))
    else if (tagName === 'a' && node.properties['href'] !== undefined) this.#link(node)
    else if (tagName === 'code') this.#code(node, parent)
    else if (EMPHASIS.has(tagName)) this.emphasis[EMPHASIS.get(tagName) ?? 'em'].push(plain(node))
    else if (tagName === 'table') this.tables.push(tableOf(node))
    else if (tagName === 'blockquote') this.blockquotes.push(plain(node))
    else if (tagName === 'hr') this.rules++
    else if (/^(?:video|audio|iframe|object|embed|source)$/.test(tagName)) this.media.push({ tag: tagName, src: addressOf(node) })
  }

  #contentClass(node: Element): void {
    const classes = classesOf(node)
    if (classes.length > 0 && (node.tagName === 'div' || node.tagName === 'span'))
      this.contentClasses.push({ tag: node.tagName, classes, text: plain(node) })
  }

  #link(node: Element): void {
    const href = String(node.properties['href'])
    const target = href.startsWith('#') ? this.#target(href.slice(1)) : undefined
    const { title } = node.properties
    this.links.push({ href, text: plain(node), ...(typeof title === 'string' ? { title } : {}), ...(target ? { target } : {}) })
  }

  /** Dialect 10.3. */
  #target(hash: string): LinkTarget {
    const [, presenter, digits] = /^(p?)(\d{1,6})$/.exec(hash) ?? []
    const named = this.#names.get(hash)
    if (named !== undefined) return { index: named, how: 'name' }
    const index = Number(digits) - 1
    return digits !== undefined && index >= 0 && index < this.#count
      ? { index, how: presenter === 'p' ? 'presenter' : 'position' }
      : { index: 0, how: 'unknown-goes-to-first' }
  }

  #code(node: Element, parent: Root | Element): void {
    if (parent.type !== 'element' || parent.tagName !== 'pre') {
      this.inlineCode.push(textOf(node))
      return
    }
    const text = textOf(node).replace(/\n$/, '')
    const lines = rangesIn(node.properties['dataLines']).map(([from]) => text.slice(0, from).split('\n').length)
    const spans = rangesIn(node.properties['dataSpans']).map(([from, to]) => text.slice(from, to))
    const lang = classesOf(node)[0]?.replace(/^(?:language|lang)-/, '') ?? null
    this.codeBlocks.push({ lang: lang || null, text, highlightedLines: lines, highlightedSpans: spans })
  }
}

function classesOf(node: Element): string[] {
  const { className } = node.properties
  return Array.isArray(className) ? className.map(String) : []
}

function imageOf(node: Element): Record<string, string> {
  const image: Record<string, string> = { src: '', alt: '' }
  for (const key of ['src', 'alt', 'style', 'width', 'height', 'title']) {
    const value = node.properties[key]
    if (value !== undefined && value !== null) image[key] = String(value)
  }
  return image
}

function tableOf(table: Element): string[][] {
  const rows: string[][] = []
  eachElement(table, (row) => {
    if (row.tagName !== 'tr') return
    rows.push(row.children.flatMap((cell) => (cell.type === 'element' && /^t[hd]$/.test(cell.tagName) ? [plain(cell)] : [])))
  })
  return rows
}

/** Items in the order in which they begin, each with its own text: lists inside it have items of their own. */
function listsIn(
  nodes: Root['children'],
  depth: number,
  items: { depth: number; ordered: boolean; text: string }[],
  ordered = false,
): void {
  for (const node of nodes) {
    if (node.type !== 'element') continue
    if (node.tagName === 'ul' || node.tagName === 'ol') listsIn(node.children, depth + 1, items, node.tagName === 'ol')
    else if (node.tagName === 'li') {
      items.push({ depth, ordered, text: squeezed(ownText(node)) })
      listsIn(node.children, depth, items, ordered)
    } else listsIn(node.children, depth, items, ordered)
  }
}

function ownText(node: ElementContent): string {
  if (node.type === 'text') return node.value
  if (node.type !== 'element') return ''
  return node.children.map((child) => (child.type === 'element' && /^(?:[uo]l|pre)$/.test(child.tagName) ? '' : ownText(child))).join('')
}

/** What is read, in one line. */
export function plain(node: Root | ElementContent): string {
  return squeezed(visibleText(node))
}

function visibleText(node: Root | ElementContent): string {
  if (node.type === 'text') return node.value
  if (!('children' in node)) return ''
  if (node.type === 'element' && /^(?:script|style|template|noscript)$/.test(node.tagName)) return ''
  const text = node.children.map((child) => (child.type === 'doctype' ? '' : visibleText(child))).join('')
  return node.type === 'element' && /^(?:p|div|li|h[1-6]|pre|tr|td|th|br|blockquote|ul|ol)$/.test(node.tagName) ? ` ${text} ` : text
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function addressOf({ properties }: Element): string {
  const address = properties['src'] ?? properties['data']
  return typeof address === 'string' ? address : ''
}
