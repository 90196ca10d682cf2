import { contentTree, textOf, type ContentContext } from './content-html.ts'
import { isRemote } from './addresses.ts'
import { eachElement } from './html-tree.ts'
import type { Item } from './items.ts'
import { treeToSafeHtml, type Element, type Root } from './markdown.ts'

export interface RenderContext extends ContentContext {
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
  const tree = contentTree(items, context)
  let title = ''
  eachElement(tree, (node) => {
    if (title === '' && /^h[1-6]$/.test(node.tagName)) title = textOf(node).trim()
  })
  const html = treeToSafeHtml(tree, context.blockIds(), (safe) => finish(safe, context)).trim()
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

function finish(tree: Root, context: RenderContext): void {
  eachElement(tree, (node) => {
    const { src, href } = node.properties
    if (node.tagName === 'img') {
      if (typeof src !== 'string') return
      node.properties['src'] = context.resolveImage(src)
      if (isRemote(src)) linkInstead(node, src)
    } else if (node.tagName === 'a' && typeof href === 'string') {
      node.properties['href'] = context.resolveLink(href)
      // Whatever it is that leads away, it leaves the page where it is.
      if (!href.startsWith('#')) Object.assign(node.properties, ELSEWHERE)
    }
  })
}

const ELSEWHERE = { target: '_blank', rel: ['noopener', 'noreferrer'] }

/** Nothing is fetched from another server before somebody clicks. */
function linkInstead(image: Element, src: string): void {
  const alt = image.properties['alt']
  const words = typeof alt === 'string' && alt !== '' ? alt : 'Image on another server'
  const href = src.startsWith('//') ? `https:${src}` : src
  image.tagName = 'a'
  image.properties = { href, className: ['remote-image'], ...ELSEWHERE }
  image.children = [{ type: 'text', value: words }]
}
