import { visit, SKIP } from 'unist-util-visit'
import type { ClassItem, Item } from './items.ts'
import { element, markdownToTree, treeToSafeHtml, type CodeListener, type Element, type ElementContent, type Root } from './markdown.ts'
import { asContent, lex } from './lexer.ts'

/** Stands in Markdown for a part that is rendered on its own. Private-use characters: `normalise` takes them out of decks. */
const PLACEHOLDER = /\uE000(\d+)\uE001/
const FOLD = /^[ \t]*(`{3,}|~{3,})[ \t]*(hint|solution)[ \t]*(?:\{[^\n]*\})?[ \t]*\n/

export interface RenderContext {
  /** Link definitions of the whole deck by lower-case id (dialect 10.1). */
  readonly definitions: ReadonlyMap<string, string>
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
  const tree = renderItems(items, context)
  let title = ''
  visit(tree, 'element', (node) => {
    if (title === '' && /^h[1-6]$/.test(node.tagName)) title = textOf(node).trim()
  })
  const html = treeToSafeHtml(tree, context.blockIds(), (safe) => finish(safe, context))
  const outline = tree.children.flatMap((child) => (child.type === 'element' ? [outlineOf(child)] : []))
  return { html, title, outline }
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
  | { readonly kind: 'fold'; readonly summary: string; readonly source: string }

function renderItems(items: readonly Item[], context: RenderContext): Root {
  const parts: Part[] = []
  const placeholder = (part: Part): string => `\uE000${parts.push(part) - 1}\uE001`
  const text = items
    .map((item) => {
      if (item.kind === 'class') return placeholder({ kind: 'class', item })
      if (item.kind === 'text') return openFences(htmlLines(spacedDestinations(item.text)))
      const fold = foldOf(item.text)
      return fold ? placeholder(fold) : item.text
    })
    .join('')
    .trimStart()
  const tree = markdownToTree(withDefinitions(text, context.definitions), context.onCode)
  if (parts.length > 0) splice(tree, parts, context)
  return tree
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
  }
}

/** Only those that the text may use: definitions of one slide serve the whole deck. They come first, where no open fence swallows them. */
function withDefinitions(text: string, definitions: ReadonlyMap<string, string>): string {
  const lower = text.toLowerCase()
  const used = [...definitions].filter(([id]) => lower.includes(`[${id}]`)).map(([, line]) => line)
  return used.length === 0 ? text : `${used.join('\n')}\n\n${text}`
}

/** A line of inline tags alone opens no HTML block: what follows is Markdown (12.4). */
function htmlLines(text: string): string {
  if (!text.includes('<')) return text
  return text
    .split('\n')
    .map((line) =>
      line.length < 500 && /^\s*(?:<\/?(?:a|b|br|code|em|i|img|span|small|strong|sub|sup|u)\b[^<>]*>\s*)+$/i.test(line)
        ? `${line}\n`
        : line,
    )
    .join('\n')
}

/** A fence that is never closed is text, and swallows nothing (2.4). */
function openFences(text: string): string {
  return text.replace(/^[ \t]*(?:`{3,}|~{3,})/gm, (run) => run.replace(/[`~]/g, '\\$&'))
}

/** `![](my file.png)`: destinations may hold blanks (10.5). */
function spacedDestinations(text: string): string {
  if (!text.includes('](')) return text
  return text
    .split('\n')
    .map((line) => (line.length > 2000 ? line : line.replace(/\]\(([^()<>"'\s]+(?: [^()<>"'\s]+)+)\)/g, '](<$1>)')))
    .join('\n')
}

/** Puts every part where its placeholder is; parts that are blocks end the paragraph around them (9.5). */
function splice(tree: Root, parts: readonly Part[], context: RenderContext): void {
  visit(tree, 'text', (node, index, parent) => {
    if (index === undefined || !parent || !PLACEHOLDER.test(node.value)) return undefined
    const pieces = node.value.split(PLACEHOLDER)
    const content = pieces.flatMap((piece, at): ElementContent[] => {
      if (at % 2 === 0) return piece === '' ? [] : [{ type: 'text', value: piece }]
      const part = parts[Number(piece)]
      return part ? [partElement(part, context)] : []
    })
    parent.children.splice(index, 1, ...content)
    return [SKIP, index + content.length]
  })
  visit(tree, 'element', (node, index, parent) => {
    if (node.tagName !== 'p' || index === undefined || !parent || !node.children.some(isBlock)) return undefined
    const split = splitParagraph(node)
    parent.children.splice(index, 1, ...split)
    return [SKIP, index + split.length]
  })
}

function isBlock(node: ElementContent): boolean {
  return node.type === 'element' && (node.tagName === 'div' || node.tagName === 'details')
}

function splitParagraph(paragraph: Element): ElementContent[] {
  const out: ElementContent[] = []
  let open: ElementContent[] = []
  const end = (): void => {
    if (open.some((child) => textOf(child).trim() !== '' || child.type === 'element')) out.push(element('p', {}, open))
    open = []
  }
  for (const child of paragraph.children) {
    if (isBlock(child)) {
      end()
      out.push(child)
    } else open.push(child)
  }
  end()
  return out
}

function partElement(part: Part, context: RenderContext): Element {
  if (part.kind === 'fold') {
    const summary = element('summary', {}, [{ type: 'text', value: part.summary }])
    const items = lex(part.source).map(asContent)
    return element('details', { className: [part.summary.toLowerCase()] }, [summary, ...contentOf(renderItems(items, context))])
  }
  const { item } = part
  const className = [...item.classes]
  if (item.block) return element('div', { className }, contentOf(renderItems(dedent(item.items), context)))
  const items = loneMarker(item.items)
  const children = contentOf(renderItems(items, context))
  const [only] = children
  if (children.length === 1 && only?.type === 'element' && only.tagName === 'p') return element('span', { className }, only.children)
  return element(children.some((child) => child.type === 'element') ? 'div' : 'span', { className }, children)
}

function contentOf(tree: Root): ElementContent[] {
  return tree.children.filter((child) => child.type !== 'doctype')
}

/** Leading blanks of a class's text go, its first line's indentation included (9.4). */
function dedent(items: readonly Item[]): Item[] {
  const [first, ...rest] = items
  return first?.kind === 'text' ? [{ kind: 'text', text: first.text.trimStart() }, ...rest] : [...items]
}

/** In a span a lone `*` or `1.` is text, not an empty list (9.6). */
function loneMarker(items: readonly Item[]): Item[] {
  const [only] = items
  if (items.length !== 1 || only?.kind !== 'text') return [...items]
  return /^\s*(?:[-*+>]|#{1,6}|\d{1,9}[.)])\s*$/.test(only.text)
    ? [{ kind: 'text', text: only.text.trim().replace(/^([-*+>#]|\d+(?=[.)]))/, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`)) }]
    : [...items]
}

function finish(tree: Root, context: RenderContext): void {
  visit(tree, 'element', (node) => {
    const { src, href } = node.properties
    if (node.tagName === 'img' && typeof src === 'string') {
      node.properties['src'] = context.resolveImage(src)
      Object.assign(node.properties, macro(node.properties['alt']))
    }
    if (node.tagName === 'a' && typeof href === 'string') {
      node.properties['href'] = context.resolveLink(href)
      if (/^https?:/i.test(href)) Object.assign(node.properties, { target: '_blank', rel: ['noopener', 'noreferrer'] })
    }
  })
}

/** `![:scale 50%](x.png)` is the one macro that decks agree on; any other shows its image as it is (11.3, 11.4). */
function macro(alt: Element['properties'][string]): Element['properties'] {
  const [, name, argument = ''] = /^:(\w+)\s*(.*)$/.exec(typeof alt === 'string' ? alt : '') ?? []
  if (name === undefined) return {}
  return name === 'scale' && /^\d{1,4}(?:\.\d+)?(?:%|px|em|rem|vw)$/.test(argument) ? { alt: '', style: `width: ${argument}` } : { alt: '' }
}
