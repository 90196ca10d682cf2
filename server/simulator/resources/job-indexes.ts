/**
 * How many indexes `1,3-5` names.
 * @returns what is wrong with it, when it cannot be read
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go validateIndexesFormat
 */
export function indexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let total = 0
  let last: number | undefined
  for (const fragment of text.split(',')) {
    const interval = intervalOf(fragment, completions)
    if (typeof interval === 'string') return interval
    const [from, to] = interval
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`
    total += to - from + 1
    last = to
  }
  return total
}

function intervalOf(fragment: string, completions: number): readonly [from: number, to: number] | string {
  const parts = fragment.split('-')
  if (parts.length > 2)
    return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`
  const ends: number[] = []
  for (const part of parts) {
    if (!/^[+-]?\d+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`
    ends.push(Number(part))
  }
  const [from = 0, to = from] = ends
  return ends.length === 2 && from >= to ? `non-increasing order, previous: ${from}, current: ${to}` : [from, to]
}
