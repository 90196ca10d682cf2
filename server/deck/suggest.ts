/** The known word that `word` was probably meant to be: at most two letters away, or one when it has up to four. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = word.length > 4 ? 3 : Math.min(2, word.length)
  for (const candidate of known) {
    const away = distance(word.toLowerCase(), candidate.toLowerCase())
    if (away < least) {
      least = away
      best = candidate
    }
  }
  return best
}

/** How many letters to add, drop, change or swap with the next (optimal string alignment); words of more than 40 letters are taken to be far apart. */
function distance(a: string, b: string): number {
  if (a.length > 40 || b.length > 40) return 40
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 40) + 1 : 40
      next.push(Math.min(changed, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 40
}
