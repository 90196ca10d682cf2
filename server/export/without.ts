import type { Block, Deck } from '../protocol/deck.ts'
import type { Recordings } from './recorder.ts'

/** What an export cannot show as it would be live, in sentences. @param rehearsed whether there was a rehearsal */
export function without({ slides }: Pick<Deck, 'slides'>, recordings: Recordings, rehearsed: boolean): readonly string[] {
  const lacking = slides.flatMap((slide) => slide.blocks.filter((block) => lacks(block, recordings)).map((block) => ({ slide, block })))
  if (lacking.length === 0) return []
  if (rehearsed) return lacking.map(({ slide, block }) => `! ${slide.id}: ${nameOf(block)} has nothing to show.`)
  const counted = [...Map.groupBy(lacking, ({ block }) => block.kind)].map(
    ([kind, all]) => `${all.length} ${NAMES[kind]}${all.length === 1 ? '' : 's'}`,
  )
  return [`! Without a rehearsal nothing is shown for ${counted.join(', ')}.`]
}

const NAMES: Readonly<Record<Block['kind'], string>> = {
  command: 'command block',
  query: 'chart',
  topology: 'topology',
  trace: 'trace',
  check: 'check',
  quiz: 'quiz',
  mermaid: 'diagram',
  file: 'file',
}

function lacks(block: Block, { runs, charts, live }: Recordings): boolean {
  // A hint's command is not part of the way that a rehearsal goes; a wrong fix is not on the slide.
  if (block.kind === 'command') return block.role !== 'hint' && block.role !== 'wrong' && runs[block.id] === undefined
  if (block.kind === 'query') return charts[block.id]?.every(({ state }) => state === 'data') !== true
  if (block.kind === 'topology' || block.kind === 'trace') return live[block.id] === undefined
  return false
}

function nameOf(block: Block): string {
  const what = block.kind === 'command' ? block.source : block.kind === 'query' ? block.queries[0] : ''
  return [`the ${NAMES[block.kind]}`, what?.split('\n')[0] ?? ''].join(' ').trim()
}
