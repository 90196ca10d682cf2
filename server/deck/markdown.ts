import type { Element, ElementContent, Root } from 'hast'
import rehypeHighlight from 'rehype-highlight'
import rehypeRaw from 'rehype-raw'
import rehypeSanitize, { defaultSchema, type Options } from 'rehype-sanitize'
import rehypeStringify from 'rehype-stringify'
import remarkGfm from 'remark-gfm'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import { allowedHtml } from './allowed-html.ts'
import { parseFenceInfo, type FenceInfo } from './fence-info.ts'

export type { Element, ElementContent, Root }
export type Schema = Options

/** Is told of every block of code, and says under which id it is live, if it is. */
export type CodeListener = (info: FenceInfo, source: string) => string | undefined

/** Markdown → HTML tree, not yet sanitised. The door to unified: everything that knows it is in this file. */
export function markdownToTree(markdown: string, onCode: CodeListener): Root {
  const processor = unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkRehype, {
      allowDangerousHtml: true,
      handlers: {
        // The fence's attributes are lost in HTML: they are read here.
        code: (_, node: { lang?: string | null; meta?: string | null; value: string }) => {
          const info = parseFenceInfo([node.lang, node.meta].filter((part) => part).join(' '))
          return codeElement(info.language, node.value, onCode(info, node.value))
        },
      },
    })
    .use(rehypeRaw)
  return processor.runSync(processor.parse(markdown))
}

function codeElement(language: string, source: string, id: string | undefined): Element {
  const className = language === '' ? [] : [`language-${language}`]
  const code = element('code', { className }, [{ type: 'text', value: `${source}\n` }])
  const pre = element('pre', {}, [code])
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
  const safe = unified().use(rehypeSanitize, allowedHtml(defaultSchema, blockIds)).runSync(tree) as Root
  finish(safe)
  const coloured = unified()
    .use(rehypeHighlight, { aliases: { bash: ['console', 'shell'], yaml: ['yml'] }, plainText: ['promql', 'text', 'txt'] })
    .runSync(safe) as Root
  return unified().use(rehypeStringify).stringify(coloured)
}
