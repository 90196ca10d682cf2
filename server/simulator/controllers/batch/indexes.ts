/** `0-2,5`, as a Job's status writes sets of indexes. */
export function formatIndexes(indexes: Iterable<number>): string {
  const ranges: [number, number][] = []
  for (const index of [...indexes].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === index - 1) last[1] = index
    else if (last?.[1] !== index) ranges.push([index, index])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from},${to}` : `${from}-${to}`)).join(',')
}

/** The indexes below `end` that `0-2,5` names. */
export function parseIndexes(text: string | undefined, end: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    if (part === '') continue
    const [from = 0, to = from] = part.split('-').map(Number)
    for (let index = from; index <= to && index < end; index++) indexes.add(index)
  }
  return indexes
}
