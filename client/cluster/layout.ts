import type { TopologyItem, TopologyLine } from '../../server/protocol/live-block.ts'

/** From where requests come to where things run. */
export const COLUMNS: readonly TopologyItem['kind'][] = ['ingress', 'service', 'workload', 'replicaset', 'pod', 'volume', 'node']

export const CARD = { height: 84, gap: 14 } as const
const BETWEEN = 84
const HEADING = 46
/** A card narrower than this holds no name: then there is a list instead. */
const LEAST_WIDTH = 210
const MOST_WIDTH = 420

export interface Card {
  readonly item: TopologyItem
  readonly x: number
  readonly y: number
}

export interface Arrow {
  readonly line: TopologyLine
  /** An SVG path. */
  readonly path: string
  /** Where its words stand. */
  readonly at: { readonly x: number; readonly y: number }
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly cardWidth: number
  readonly columns: readonly { readonly kind: TopologyItem['kind']; readonly x: number }[]
  readonly cards: readonly Card[]
  readonly arrows: readonly Arrow[]
}

/**
 * Puts kinds into columns, from left to right as a request goes, and each object beside what leads to it.
 * @param width canvas pixels @returns undefined when it is too narrow for a drawing
 */
export function layOut(items: readonly TopologyItem[], lines: readonly TopologyLine[], width: number): Layout | undefined {
  const kinds = COLUMNS.filter((kind) => items.some((each) => each.kind === kind))
  const cardWidth = Math.min(MOST_WIDTH, (width - BETWEEN * (kinds.length - 1)) / Math.max(kinds.length, 1))
  if (cardWidth < LEAST_WIDTH) return undefined
  const spread = kinds.length > 1 ? Math.min((width - cardWidth) / (kinds.length - 1), cardWidth + 2 * BETWEEN) : 0
  const rows = new Map<string, number>()
  const cards: Card[] = []
  for (const [column, kind] of kinds.entries()) {
    const inColumn = ordered(
      items.filter((each) => each.kind === kind),
      lines,
      rows,
    )
    for (const [row, item] of inColumn.entries()) {
      rows.set(item.id, row)
      cards.push({ item, x: column * spread, y: HEADING + row * (CARD.height + CARD.gap) })
    }
  }
  const deepest = Math.max(0, ...rows.values())
  return {
    width: Math.max(0, kinds.length - 1) * spread + cardWidth,
    height: HEADING + (deepest + 1) * CARD.height + deepest * CARD.gap,
    cardWidth,
    columns: kinds.map((kind, column) => ({ kind, x: column * spread })),
    cards,
    arrows: arrowsBetween(cards, lines, cardWidth),
  }
}

/** By the average row of what leads here, so that lines cross little; what nothing leads to keeps its order, at the end. */
function ordered(
  items: readonly TopologyItem[],
  lines: readonly TopologyLine[],
  rows: ReadonlyMap<string, number>,
): readonly TopologyItem[] {
  const rank = new Map(
    items.map(({ id }) => {
      const near = lines.flatMap(({ from, to }) => (to === id ? (rows.get(from) ?? []) : from === id ? (rows.get(to) ?? []) : []))
      return [id, near.length === 0 ? Infinity : near.reduce((sum, row) => sum + row, 0) / near.length] as const
    }),
  )
  return items.toSorted((a, b) => {
    const [first = Infinity, second = Infinity] = [rank.get(a.id), rank.get(b.id)]
    return first === second ? 0 : first - second
  })
}

function arrowsBetween(cards: readonly Card[], lines: readonly TopologyLine[], cardWidth: number): Arrow[] {
  const places = new Map(cards.map((card) => [card.item.id, card]))
  return lines.flatMap((line): Arrow[] => {
    const [from, to] = [places.get(line.from), places.get(line.to)]
    if (!from || !to) return []
    const [x1, y1] = [from.x + cardWidth, from.y + CARD.height / 2]
    const [x2, y2] = [to.x, to.y + CARD.height / 2]
    const bend = Math.min((x2 - x1) / 2, BETWEEN)
    const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
    return [{ line, path, at: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 } }]
  })
}

/** A name that fits: its end tells pods apart, its beginning what they are. */
export function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  const end = Math.min(6, Math.floor((most - 1) / 2))
  return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`
}
