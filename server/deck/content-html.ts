import { marksAsAttributes, readMarks, type MarkOptions } from './code-marks.ts'
import { parseFenceInfo, type FenceInfo } from './fence-info.ts'
import { BLOCK_CLOSE, BLOCK_OPEN } from './html-blocks.ts'
import { escapeHtml } from './html-text.ts'
import { eachElement, htmlToTree } from './html-tree.ts'
import type { ClassItem, Item } from './items.ts'
import { asContent, lex } from './lexer.ts'
import { markdownHtml } from './markdown-blocks.ts'
import type { LinkDefinition } from './markdown-inline.ts'
import type { ElementContent, Root } from 'hast'

/** Stand in Markdown for a part that is rendered on its own. Private-use characters: `normalise` takes them out of decks. */
const SPAN_OPEN = '\uE002'
const SPAN_CLOSE = '\uE003'
const PLACEHOLDER = /[\uE000\uE002](\d+)[\uE001\uE003]/g
const FOLD = /^[ \t]*(`{3,}|~{3,})[ \t]*(hint|solution)[ \t]*(?:\{[^\n]*\})?[ \t]*\n/
/** Is told of every block of code and the fold it stands in, and says under which id it is live, if it is, and what stands for it. */
export type CodeListener = (
  info: FenceInfo,
  source: string,
  fold: 'hint' | 'solution' | undefined,
) => { readonly id: string; readonly html?: string } | undefined

export interface ContentContext {
  /** Link definitions of the whole deck by lower-case id (dialect 10.1). */
  readonly definitions: ReadonlyMap<string, LinkDefinition>
  readonly marks: MarkOptions & { readonly highlightLanguage: string }
  readonly onCode: CodeListener
  readonly fold?: 'hint' | 'solution'
}

/** One slide's content as a tree, not yet sanitised, with what is live or folded in it. */
export function contentTree(items: readonly Item[], context: ContentContext): Root {
  return dropEmptyParagraphs(htmlToTree(contentHtml(items, context, true)))
}

/** One slide's content as the original would show it, with its way of making Markdown of HTML: nothing live, nothing folded, nothing cleaned. */
export function renderOriginal(items: readonly Item[], context: Pick<ContentContext, 'definitions' | 'marks'>): Root {
  return dropEmptyParagraphs(htmlToTree(contentHtml(items, { ...context, onCode: () => undefined }, false)))
}

/** Dialect 12.5; a block inside a paragraph leaves one before and behind it. */
function dropEmptyParagraphs(tree: Root): Root {
  eachElement(tree, (node) => {
    node.children = node.children.filter((child) => !isEmptyParagraph(child))
  })
  tree.children = tree.children.filter((child) => !isEmptyParagraph(child))
  return tree
}

function isEmptyParagraph(node: Root['children'][number]): boolean {
  return (
    node.type === 'element' &&
    node.tagName === 'p' &&
    Object.keys(node.properties).length === 0 &&
    node.children.every((child) => child.type === 'text' && child.value.trim() === '')
  )
}

export function textOf(node: Root | ElementContent): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? node.children.map((child) => (child.type === 'doctype' ? '' : textOf(child))).join('') : ''
}

type Part =
  | { readonly kind: 'class'; readonly item: ClassItem }
  | { readonly kind: 'fold'; readonly name: 'hint' | 'solution'; readonly source: string; readonly raw: string }
  | { readonly kind: 'data'; readonly raw: string }

/** A file that stands in the text itself: too long for what looks for the ends of links and tags. */
const DATA = /data:[\w/+.;=-]{1,100},[\w+/=%-]{500,}/g

/** Items → HTML: each content class is Markdown of its own (9.4) and stands for itself in the text around it. */
function contentHtml(items: readonly Item[], context: ContentContext, folds: boolean): string {
  const parts: Part[] = []
  const placeholder = (part: Part, block: boolean): string => {
    const number = parts.push(part) - 1
    return block ? `${BLOCK_OPEN}${number}${BLOCK_CLOSE}` : `${SPAN_OPEN}${number}${SPAN_CLOSE}`
  }
  const text = items
    .map((item) => {
      // The original makes HTML of a content class first and Markdown of that HTML once more (9.6).
      if (item.kind === 'class')
        return folds ? placeholder({ kind: 'class', item }, item.block) : partHtml({ kind: 'class', item }, context, folds)
      // The original takes the line breaks out with it, which may join what stood around it (10.2).
      if (item.kind === 'definition') return folds ? item.breaks : ''
      if (item.kind === 'text') return item.text
      const fold = folds ? foldOf(item.text) : undefined
      return fold ? placeholder(fold, true) : item.text
    })
    .join('')
    .replace(/\t/g, '    ')
    .replaceAll('\u00A0', ' ')
    .replace(DATA, (raw) => placeholder({ kind: 'data', raw }, false))
    .trimStart()
  const unplaced = (one: string): string => one.replace(PLACEHOLDER, (_, number: string) => rawOf(parts[Number(number)]))
  const html = markdownHtml(text, {
    definitions: context.definitions,
    unplaced,
    code: (info, source) => codeHtml(info, source, context, folds),
  })
  if (parts.length === 0) return html
  return html.replace(PLACEHOLDER, (_, number: string) => partHtml(parts[Number(number)], context, folds))
}

function rawOf(part: Part | undefined): string {
  return part?.kind === 'class' ? part.item.raw : (part?.raw ?? '')
}

/** @param ours whether attributes stand behind the language: in the original, the whole word is it */
function codeHtml(written: string | undefined, source: string, context: ContentContext, ours: boolean): string {
  const info = parseFenceInfo(written ?? '')
  const live = context.onCode(info, source, context.fold)
  if (live?.html === '') return ''
  const word = ours ? info.language : (/^[ .]*(\S+)/.exec(written ?? '')?.[1] ?? '')
  const language = word || context.marks.highlightLanguage
  const known = ours ? /^[\w+#.-]{1,30}$/.test(language) : language !== ''
  const className = known ? ` class="${ours ? 'language-' : ''}${escapeHtml(language)}"` : ''
  const marks = readMarks(source, context.marks)
  const pre = `<pre><code${className}${marksAsAttributes(marks)}>${escapeHtml(marks.text, true)}\n</code></pre>${ours || written ? '\n' : ''}`
  return live ? `<div data-block="${live.id}">${live.html ?? pre}</div>\n` : pre
}

/** A `hint` or `solution` fence holds Markdown that is folded away until asked for. */
function foldOf(code: string): Part | undefined {
  const [opening, , name] = FOLD.exec(code) ?? []
  if (opening === undefined) return undefined
  const end = code.lastIndexOf('\n')
  return {
    kind: 'fold',
    name: name === 'hint' ? 'hint' : 'solution',
    source: end > opening.length ? code.slice(opening.length, end) : '',
    raw: code,
  }
}

function partHtml(part: Part | undefined, context: ContentContext, folds: boolean): string {
  if (!part) return ''
  if (part.kind === 'data') return part.raw
  if (part.kind === 'fold') {
    const items = lex(part.source).map(asContent)
    return `<details class="${part.name}"><summary>${part.name === 'hint' ? 'Hint' : 'Solution'}</summary>${contentHtml(items, { ...context, fold: part.name }, folds)}</details>`
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
