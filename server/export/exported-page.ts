import { createHash } from 'node:crypto'
import type { ExportedDeck } from '../protocol/exported-deck.ts'

/** What the page of an exported deck is made of, as it was built. */
export interface PageParts {
  readonly script: string
  readonly style: string
  /** An SVG. */
  readonly icon: string
  /** Mermaid's own script, for decks with diagrams. */
  readonly mermaid: string
}

/**
 * One document that holds a deck and all it needs. Its policy lets the scripts below run, and nothing else: what slips
 * through the deck's sanitiser cannot act, and nothing is loaded from anywhere.
 */
export function exportedPage(parts: PageParts, exported: ExportedDeck): string {
  const { deck } = exported
  const diagrams = deck.slides.some(({ blocks }) => blocks.some(({ kind }) => kind === 'mermaid'))
  const scripts = [...(diagrams ? [parts.mermaid] : []), parts.script].map(unclosed)
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`).join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="${GENERATOR}">
<link rel="icon" href="data:image/svg+xml;base64,${Buffer.from(parts.icon).toString('base64')}">
<title>${escaped(deck.title)}</title>
<style>${parts.style}</style>
</head>
<body>
<div id="page"></div>
<noscript>${deck.slides.map(({ title }) => `<p>${escaped(title)}</p>`).join('')}</noscript>
<script type="application/json" id="deck">${JSON.stringify(exported).replaceAll('<', '\\u003c')}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`
}

/** What tells our own files from others. */
export const GENERATOR = 'Deckhand'

/** The same program, without what would end its element: both only occur in strings and regular expressions. */
const unclosed = (script: string): string => script.replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '\\x3C!--')

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
