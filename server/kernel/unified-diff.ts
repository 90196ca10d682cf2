/** What differs between two texts, by lines: the longest that they share, and so on to both of its sides. */

interface Block {
  readonly a: number
  readonly b: number
  readonly size: number
}

interface Edit {
  readonly same: boolean
  readonly a: readonly [number, number]
  readonly b: readonly [number, number]
}

/**
 * As `diff -u` without names, in the way of Python's difflib, whose choices between equal matches it makes.
 * @param context how many lines around a change are shown @returns nothing when there is no difference
 * @see https://docs.python.org/3/library/difflib.html
 */
export function unifiedDiff(a: readonly string[], b: readonly string[], context: number): string {
  return hunksOf(editsOf(a, b), context)
    .map((hunk) => {
      const [first, last] = [hunk[0], hunk.at(-1)]
      if (!first || !last) return ''
      const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@`
      const lines = hunk.flatMap((edit) =>
        edit.same
          ? a.slice(...edit.a).map((line) => ` ${line}`)
          : [...a.slice(...edit.a).map((line) => `-${line}`), ...b.slice(...edit.b).map((line) => `+${line}`)],
      )
      return [head, ...lines].map((line) => `${line}\n`).join('')
    })
    .join('')
}

/** Where lines stand, counted from one; where there are none, after which. */
function range(start: number, end: number): string {
  const length = end - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

function hunksOf(edits: readonly Edit[], context: number): Edit[][] {
  const hunks: Edit[][] = []
  let hunk: Edit[] = []
  edits.forEach((edit, index) => {
    const [length, first, last] = [edit.a[1] - edit.a[0], index === 0, index === edits.length - 1]
    if (!edit.same) hunk.push(edit)
    else if (first) hunk.push(cut(edit, Math.max(length - context, 0), length))
    else if (last) hunk.push(cut(edit, 0, Math.min(context, length)))
    else if (length > context * 2) {
      hunks.push([...hunk, cut(edit, 0, context)])
      hunk = [cut(edit, length - context, length)]
    } else hunk.push(edit)
  })
  hunks.push(hunk)
  return hunks.filter((each) => each.some(({ same }) => !same))
}

function cut({ same, a, b }: Edit, from: number, to: number): Edit {
  return { same, a: [a[0] + from, a[0] + to], b: [b[0] + from, b[0] + to] }
}

function editsOf(a: readonly string[], b: readonly string[]): Edit[] {
  const edits: Edit[] = []
  let [atA, atB] = [0, 0]
  for (const block of [...blocksOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (atA < block.a || atB < block.b) edits.push({ same: false, a: [atA, block.a], b: [atB, block.b] })
    ;[atA, atB] = [block.a + block.size, block.b + block.size]
    if (block.size > 0) edits.push({ same: true, a: [block.a, atA], b: [block.b, atB] })
  }
  return edits
}

/** The lines that both have, in order; neighbours joined. */
function blocksOf(a: readonly string[], b: readonly string[]): Block[] {
  const places = placesOf(b)
  const found: Block[] = []
  const open: (readonly [number, number, number, number])[] = [[0, a.length, 0, b.length]]
  for (let next = open.pop(); next; next = open.pop()) {
    const [lowA, highA, lowB, highB] = next
    const block = longest(a, b, places, next)
    if (block.size === 0) continue
    found.push(block)
    open.push([lowA, block.a, lowB, block.b], [block.a + block.size, highA, block.b + block.size, highB])
  }
  const joined: Block[] = []
  for (const block of found.toSorted((one, other) => one.a - other.a || one.b - other.b)) {
    const last = joined.at(-1)
    if (last && last.a + last.size === block.a && last.b + last.size === block.b)
      joined[joined.length - 1] = { ...last, size: last.size + block.size }
    else joined.push(block)
  }
  return joined
}

const FEW = 200

/** Where each line stands; in long texts, not those that are everywhere. */
function placesOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  lines.forEach((line, index) => {
    const known = places.get(line)
    if (known) known.push(index)
    else places.set(line, [index])
  })
  if (lines.length < FEW) return places
  return new Map([...places].filter(([, at]) => at.length <= Math.floor(lines.length / 100) + 1))
}

function longest(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [lowA, highA, lowB, highB]: readonly [number, number, number, number],
): Block {
  let best: Block = { a: lowA, b: lowB, size: 0 }
  let lengths = new Map<number, number>()
  for (let at = lowA; at < highA; at++) {
    const next = new Map<number, number>()
    for (const place of places.get(a[at] ?? '') ?? []) {
      if (place < lowB || place >= highB) continue
      const size = (lengths.get(place - 1) ?? 0) + 1
      next.set(place, size)
      if (size > best.size) best = { a: at - size + 1, b: place - size + 1, size }
    }
    lengths = next
  }
  let { a: fromA, b: fromB } = best
  while (fromA > lowA && fromB > lowB && a[fromA - 1] === b[fromB - 1]) [fromA, fromB] = [fromA - 1, fromB - 1]
  let [toA, toB] = [best.a + best.size, best.b + best.size]
  while (toA < highA && toB < highB && a[toA] === b[toB]) [toA, toB] = [toA + 1, toB + 1]
  return { a: fromA, b: fromB, size: toA - fromA }
}
