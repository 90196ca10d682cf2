import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { ExportedDeck } from '../../server/protocol/exported-deck.ts'
import { PrintedDeck } from '../slides/print-deck.tsx'
import { printMore } from './print-more.ts'
import { recordedBlocks } from './recorded-blocks.tsx'
import './exported.css'

interface Paper {
  readonly exported: ExportedDeck
  readonly print: NonNullable<ExportedDeck['print']>
}

/** Slides that are printed into a PDF: `data-printable` says when everything is in its place. */
export function ExportedPaper({ exported, print }: Paper) {
  const host = useRef<HTMLDivElement>(null)
  const recorded = useMemo(() => recordedBlocks(exported, false), [exported])
  useLayoutEffect(() => {
    if (host.current) void whenInPlace(host.current, print.slideLinks)
  }, [])
  return (
    <div class="print-deck" ref={host}>
      <PrintedDeck deck={exported.deck} notes={print.notes} renderIsland={recorded} />
    </div>
  )
}

async function whenInPlace(host: HTMLElement, slideLinks: string): Promise<void> {
  // The pages of one PDF are printed in several documents: what joins them makes these links lead to pages.
  for (const link of host.querySelectorAll('a[href^="#"]'))
    link.setAttribute('href', slideLinks + (link.getAttribute('href') ?? '').replace(/^#\/?/, ''))
  await document.fonts.ready
  await Promise.all([...host.querySelectorAll('img')].map(loaded))
  await drawn(host)
  // Charts measure themselves, then place their labels.
  for (let frame = 0; frame < 6; frame++) await new Promise((next) => requestAnimationFrame(next))
  for (const page of host.querySelectorAll<HTMLElement>('.print-page.with-notes')) printMore(page)
  document.documentElement.dataset['printable'] = ''
}

/** One that cannot be shown is shown as such. None is decoded for this: most go into the PDF as they are. */
function loaded(image: HTMLImageElement): Promise<void> {
  if (image.complete) return Promise.resolve()
  return new Promise((resolve) => {
    image.addEventListener('load', () => resolve(), { once: true })
    image.addEventListener('error', () => resolve(), { once: true })
  })
}

/** Until each diagram is drawn, or has said why it is not. */
function drawn(host: HTMLElement): Promise<void> {
  const waiting = (): boolean => host.querySelector('.mermaid-block:not(.drawn, :has(.block-problem))') !== null
  if (!waiting()) return Promise.resolve()
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (waiting()) return
      observer.disconnect()
      resolve()
    })
    observer.observe(host, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] })
  })
}
