import { visit } from 'unist-util-visit'
import { DEFINITION } from './definitions.ts'
import { marksAsAttributes, readMarks, type MarkOptions } from './code-marks.ts'
import { parseFenceInfo, type FenceInfo } from './fence-info.ts'
import { BLOCK_CLOSE, BLOCK_OPEN } from './html-blocks.ts'
import { escapeHtml } from './html-text.ts'
import type { ClassItem, Item } from './items.ts'
import { asContent, lex } from './lexer.ts'
import { markdownHtml } from './markdown-blocks.ts'
import type { LinkDefinition } from './markdown-inline.ts'
import { htmlToTree, treeToSafeHtml, type Element, type ElementContent, type Root } from './markdown.ts'

/** Stand in Markdown for a part that is rendered on its own. Private-use characters: `normalise` takes them out of decks. */
const SPAN_OPEN = '\uE002'
const SPAN_CLOSE = '\uE003'
const PLACEHOLDER = /[\uE000\uE002](\d+)[\uE001\uE003]/g
const FOLD = /^[ \t]*(`{3,}|~{3,})[ \t]*(hint|solution)[ \t]*(?:\{[^\n]*\})?[ \t]*\n/
/** Is told of every block of code, and says under which id it is live, if it is. */
export type CodeListener = (info: FenceInfo, source: string) => string | undefined

export interface RenderContext {
  /** Link definitions of the whole deck by lower-case id (dialect 10.1). */
  readonly definitions: ReadonlyMap<string, LinkDefinition>
  readonly marks: MarkOptions & { readonly highlightLanguage: string }
  readonly onCode: CodeListener
  readonly blockIds: () => readonly string[]
  /** Addresses as pages can use them. */
  readonly resolveImage: (src: string) => string
  readonly resolveLink: (href: string) => string
}

export interface Rendered {
  readonly html: string
  readonly title: string
  /** Tag names of the outermost elements, for guessing the layout. */
  readonly outline: readonly string[]
}

/** One slide's content as sanitised HTML. */
export function renderSlide(items: readonly Item[], context: RenderContext): Rendered {
  const tree = htmlToTree(contentHtml(items, context, true))
  dropEmptyParagraphs(tree)
  let title = ''
  visit(tree, 'element', (node) => {
    if (title === '' && /^h[1-6]$/.test(node.tagName)) title = textOf(node).trim()
  })
  const html = treeToSafeHtml(tree, context.blockIds(), (safe) => finish(safe, context)).trim()
  const outline = tree.children.flatMap((child) => (child.type === 'element' ? [outlineOf(child)] : []))
  return { html, title, outline }
}

/** One slide's content as the original would show it: nothing live, nothing folded, nothing cleaned. */
export function renderOriginal(items: readonly Item[], context: Pick<RenderContext, 'definitions' | 'marks'>): Root {
  const tree = htmlToTree(contentHtml(items, { ...context, onCode: () => undefined }, false))
  dropEmptyParagraphs(tree)
  return tree
}

/** Dialect 12.5; a block inside a paragraph leaves one before and behind it. */
function dropEmptyParagraphs(tree: Root): void {
  visit(tree, 'element', (node) => {
    node.children = node.children.filter((child) => !isEmptyParagraph(child))
  })
  tree.children = tree.children.filter((child) => !isEmptyParagraph(child))
}

function isEmptyParagraph(node: Root['children'][number]): boolean {
  return (
    node.type === 'element' &&
    node.tagName === 'p' &&
    Object.keys(node.properties).length === 0 &&
    node.children.every((child) => child.type === 'text' && child.value.trim() === '')
  )
}

function outlineOf(node: Element): string {
  if (
    node.tagName === 'p' &&
    node.children.every((child) =>
      child.type === 'text' ? child.value.trim() === '' : child.type === 'element' && child.tagName === 'img',
    )
  )
    return 'img'
  return node.tagName === 'div' && node.properties['dataBlock'] !== undefined ? 'pre' : node.tagName
}

export function textOf(node: Root | ElementContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map((child) => (child.type === 'doctype' ? '' : textOf(child))).join('') : ''
}

type Part =
  | { readonly kind: 'class'; readonly item: ClassItem }
  | { readonly kind: 'fold'; readonly summary: string; readonly source: string; readonly raw: string }

type ContentContext = Pick<RenderContext, 'definitions' | 'marks' | 'onCode'>

/** Items → HTML: each content class is Markdown of its own (9.4) and stands for itself in the text around it. */
function contentHtml(items: readonly Item[], context: ContentContext, folds: boolean): string {
  const parts: Part[] = []
  const placeholder = (part: Part, block: boolean): string => {
    const number = parts.push(part) - 1
    return block ? `${BLOCK_OPEN}${number}${BLOCK_CLOSE}` : `${SPAN_OPEN}${number}${SPAN_CLOSE}`
  }
  const text = items
    .map((item) => {
      if (item.kind === 'class') return placeholder({ kind: 'class', item }, item.block)
      if (item.kind === 'text') return item.text.includes(']:') ? item.text.replace(DEFINITION, '') : item.text
      const fold = folds ? foldOf(item.text) : undefined
      return fold ? placeholder(fold, true) : item.text
    })
    .join('')
    .trimStart()
  const unplaced = (one: string): string => one.replace(PLACEHOLDER, (_, number: string) => rawOf(parts[Number(number)]))
  const html = markdownHtml(text, {
    definitions: context.definitions,
    unplaced,
    code: (info, source) => codeHtml(info, source, context),
  })
  if (parts.length === 0) return html
  return html.replace(PLACEHOLDER, (_, number: string) => partHtml(parts[Number(number)], context, folds))
}

function rawOf(part: Part | undefined): string {
  return part?.kind === 'class' ? part.item.raw : (part?.raw ?? '')
}

function codeHtml(written: string | undefined, source: string, context: ContentContext): string {
  const info = parseFenceInfo(written ?? '')
  const id = context.onCode(info, source)
  const language = info.language || context.marks.highlightLanguage
  const className = /^[\w+#.-]{1,30}$/.test(language) ? ` class="language-${language}"` : ''
  const marks = readMarks(source, context.marks)
  const pre = `<pre><code${className}${marksAsAttributes(marks)}>${escapeHtml(marks.text, true)}\n</code></pre>\n`
  return id === undefined ? pre : `<div data-block="${id}">${pre}</div>\n`
}

/** A `hint` or `solution` fence holds Markdown that is folded away until asked for. */
function foldOf(code: string): Part | undefined {
  const [opening, , name] = FOLD.exec(code) ?? []
  if (opening === undefined) return undefined
  const end = code.lastIndexOf('\n')
  return {
    kind: 'fold',
    summary: name === 'hint' ? 'Hint' : 'Solution',
    source: end > opening.length ? code.slice(opening.length, end) : '',
    raw: code,
  }
}

function partHtml(part: Part | undefined, context: ContentContext, folds: boolean): string {
  if (!part) return ''
  if (part.kind === 'fold') {
    const items = lex(part.source).map(asContent)
    return `<details class="${part.summary.toLowerCase()}"><summary>${part.summary}</summary>${contentHtml(items, context, folds)}</details>`
  }
  const { item } = part
  const inside = contentHtml(item.items, context, folds)
  const className = item.classes.join(' ')
  if (item.block) return `<div class="${className}">${inside}</div>`
  return `<span class="${className}">${unwrapped(inside)}</span>`
}

/** What a single paragraph holds: it would be one too many in a span (9.4). */
function unwrapped(html: string): string {
  const text = html.trim()
  return text.startsWith('<p>') && text.indexOf('</p>') === text.length - 4 ? text.slice(3, -4) : html
}

function finish(tree: Root, context: RenderContext): void {
  visit(tree, 'element', (node) => {
    const { src, href } = node.properties
    if (node.tagName === 'img' && typeof src === 'string') {
      node.properties['src'] = context.resolveImage(src)
    }
    if (node.tagName === 'a' && typeof href === 'string') {
      node.properties['href'] = context.resolveLink(href)
      if (/^https?:/i.test(href)) Object.assign(node.properties, { target: '_blank', rel: ['noopener', 'noreferrer'] })
    }
  })
}
