import { useEffect, useRef, useState } from 'preact/hooks'
import type { MermaidBlock } from '../../server/protocol/blocks.ts'
import { colourOf, themeVersion } from '../ui/theme.ts'
import { drawMermaid, type Drawn } from './mermaid.ts'

/** A diagram in the place of its source, which stays where it cannot be drawn. */
export function MermaidIsland({ block }: { block: MermaidBlock }) {
  const [drawn, setDrawn] = useState<Drawn>()
  const host = useRef<HTMLElement>(null)
  const version = themeVersion.value
  useEffect(() => {
    let over = false
    // Letters are measured: with the right ones.
    void document.fonts.ready
      .then(() => drawMermaid(block.source, colourOf))
      .catch((error: unknown): Drawn => ({ say: error instanceof Error ? error.message : String(error), line: undefined }))
      .then((next) => void (over || setDrawn(next)))
    return () => void (over = true)
  }, [block.source, version])
  const isDrawn = drawn !== undefined && 'svg' in drawn
  useEffect(() => {
    host.current?.closest('.mermaid-block')?.classList.toggle('drawn', isDrawn)
  }, [isDrawn])
  return (
    <figure class="diagram" ref={host}>
      {isDrawn && (
        // Mermaid has cleaned it (strict), and this page's policy lets nothing in it run or load.
        <div
          class="diagram-drawing"
          role="img"
          aria-label={block.title ?? 'A diagram; its source is in the deck.'}
          dangerouslySetInnerHTML={{ __html: drawn.svg }}
        />
      )}
      {isDrawn && block.title !== undefined && <figcaption>{block.title}</figcaption>}
      {drawn && 'say' in drawn && (
        <p class="block-problem" role="status">
          <b>
            {drawn.line === undefined ? 'This diagram cannot be drawn.' : `This diagram cannot be drawn: look at its line ${drawn.line}.`}
          </b>{' '}
          <small>{drawn.say}</small>
        </p>
      )}
    </figure>
  )
}
