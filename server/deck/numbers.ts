import type { Shown } from './inherit.ts'

/** Dialect 14.1: a slide that does not count repeats the number before it. */
export function numbersOf(shown: readonly Shown[], countSteps: boolean): number[] {
  let number = 0
  return shown.map(({ draft, properties }) => {
    const step = !countSteps && properties.get('continued') === 'true' && !draft.properties.has('count')
    if (draft.properties.get('count') !== 'false' && !step) number++
    return number
  })
}

/** What is shown of a number (dialect 14.2). */
export function numberLabel(format: string | undefined, current: number, total: number): string {
  return (format ?? '%current% / %total%').replace('%current%', String(current)).replace('%total%', String(total))
}
