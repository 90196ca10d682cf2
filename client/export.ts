import './ui/fonts.css'
import './ui/theme.css'
import './ui/ui.css'
import { h, render } from 'preact'
import { ExportedDeck } from '../server/protocol/exported-deck.ts'
import { ExportedPage } from './pages/exported.tsx'
import { ExportedPaper } from './pages/exported-paper.tsx'
import { withImages } from './pages/embedded-images.ts'
import { MessagePage } from './ui/message-page.tsx'
import { applyTheme } from './ui/theme.ts'

/** A deck in a file of its own: everything it shows is in this document. */
function start(root: Element): void {
  applyTheme()
  document.documentElement.dataset['page'] = 'exported'
  document.documentElement.classList.add('has-recordings')
  const found = read()
  if (!found) {
    const say = 'This file was cut short or changed. Export the deck again.'
    return render(h(MessagePage, { title: 'The slides are not in this file', say }), root)
  }
  const exported = withImages(found)
  render(exported.print ? h(ExportedPaper, { exported, print: exported.print }) : h(ExportedPage, { exported }), root)
}

function read(): ExportedDeck | undefined {
  try {
    return ExportedDeck.parse(JSON.parse(document.querySelector('#deck')?.textContent ?? ''))
  } catch {
    return undefined
  }
}

const root = document.querySelector('#page')
if (root) start(root)
