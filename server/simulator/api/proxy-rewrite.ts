/** Where a proxied page is, as its reader sees it. */
export interface ProxiedSource {
  /** e.g. `/api/v1/namespaces/default/services/web/proxy` */
  readonly prefix: string
  /** What the page's own server is called; links elsewhere stay as they are. */
  readonly hosts: readonly string[]
}

/** Attributes that hold addresses, by element. Source: k8s.io/apimachinery/pkg/util/proxy/transport.go */
const LINKS: { readonly [element: string]: readonly string[] } = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}

/** Only where a name can begin, so that a long text without `=` is looked through once. */
const ATTRIBUTE = /(?<=^|[\s"'/])([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g
/** Their content is text, whatever it looks like. */
const RAW = ['script', 'style', 'textarea', 'title']

/** Makes a page's links lead through the proxy. Takes time in proportion to the page, whatever is in it. */
export function rewriteHtml(html: string, source: ProxiedSource): string {
  const parts: string[] = []
  let at = 0
  while (at < html.length) {
    const start = html.indexOf('<', at)
    if (start < 0) break
    parts.push(html.slice(at, start))
    const end = markupEnd(html, start)
    if (end < 0) return parts.join('') + html.slice(start)
    parts.push(rewriteTag(html.slice(start, end), source))
    at = end
  }
  return parts.join('') + html.slice(at)
}

const BEGIN = /<([a-z][a-z0-9]*)/iy

/** Where a comment, or a tag with what belongs to it, is over; behind the `<` when it is neither; -1 when it has no end. */
function markupEnd(html: string, start: number): number {
  if (html.startsWith('<!--', start)) {
    const end = html.indexOf('-->', start + 4)
    return end < 0 ? -1 : end + 3
  }
  BEGIN.lastIndex = start
  const element = BEGIN.exec(html)?.[1]?.toLowerCase()
  if (element === undefined) return start + 1
  let at = start + element.length + 1
  while (html[at] !== '>') {
    if (at >= html.length) return -1
    const quote = html[at]
    if (quote === '"' || quote === "'") {
      at = html.indexOf(quote, at + 1)
      if (at < 0) return -1
    }
    at++
  }
  if (!RAW.includes(element)) return at + 1
  const close = new RegExp(`</${element}`, 'gi')
  close.lastIndex = at
  return close.exec(html)?.index ?? -1
}

/** A tag, perhaps with the text behind it. */
function rewriteTag(markup: string, source: ProxiedSource): string {
  const [begin = '', element = ''] = /^<([a-z][a-z0-9]*)/i.exec(markup) ?? []
  const links = LINKS[element.toLowerCase()]
  if (!links) return markup
  let end = begin.length
  while (end < markup.length && markup[end] !== '>') {
    const quote = markup[end]
    end = (quote === '"' || quote === "'" ? markup.indexOf(quote, end + 1) : end) + 1
  }
  const attributes = markup.slice(begin.length, end).replaceAll(ATTRIBUTE, (whole: string, name: string, equals: string, value: string) => {
    if (!links.includes(name.toLowerCase())) return whole
    const quote = /^["']/.exec(value)?.[0] ?? ''
    const address = quote ? value.slice(1, -1) : value
    return `${name}${equals}${quote}${rewriteLocation(address, source)}${quote}`
  })
  return begin + attributes + markup.slice(end)
}

/** Puts the proxy's own path before an absolute one; what is relative, elsewhere or already there stays. */
export function rewriteLocation(address: string, { prefix, hosts }: ProxiedSource): string {
  const [, host, path = ''] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(address) ?? [undefined, undefined, address]
  if (host !== undefined && !hosts.includes(host)) return address
  if (!path.startsWith('/') || path.startsWith(`${prefix}/`)) return host === undefined ? address : path
  return `${prefix}${path}`
}
