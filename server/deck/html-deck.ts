import { eachElement, htmlToTree } from './html-tree.ts'
import { textOf } from './content-html.ts'

/** A deck that stands in a page of HTML, and how many of the page's lines are before it. */
export interface HtmlDeck {
  readonly text: string
  readonly linesBefore: number
}

const SOURCE = /<textarea\b[^>]{0,500}\bid\s{0,9}=\s{0,9}["']?source["'\s>]/i

/** The deck of a page that shows one with the original: its `<textarea id="source">` (dialect 1.1). */
export function deckInHtml(page: string): HtmlDeck | undefined {
  const start = SOURCE.exec(page)?.index
  if (start === undefined) return undefined
  const end = /<\/textarea/i.exec(page.slice(start))
  const source = page.slice(start, end ? start + end.index : undefined)
  let text: string | undefined
  eachElement(htmlToTree(`${source}</textarea>`), (node) => {
    if (node.tagName === 'textarea') text ??= textOf(node)
  })
  if (text === undefined) return undefined
  const opening = source.slice(0, source.indexOf('>') + 2)
  return { text, linesBefore: page.slice(0, start).split('\n').length - 1 + (opening.endsWith('\n') ? 1 : 0) }
}
