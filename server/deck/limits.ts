import { UserError } from '../kernel/user-error.ts'
import type { Shown } from './inherit.ts'
import type { Item } from './items.ts'

const MAX_CHARACTERS = 8 * 1024 * 1024
/** More than any talk has; what is above it is a mistake or an attack. */
const MAX_SLIDES = 6000
/** A chain of steps shows its content again at every step: this bounds the product. */
const MAX_EXPANDED = 16 * 1024 * 1024

/** @param file as errors name it @throws UserError 'bad-deck' when a deck's source is too long */
export function checkLength(source: string, file: string): void {
  if (source.length > MAX_CHARACTERS)
    throw new UserError('bad-deck', `${file} is larger than 8 MB. Is it a deck? Images belong in files of their own beside it.`)
}

/** @throws UserError 'bad-deck' when a deck has too many slides and steps */
export function checkCount(slides: number, file: string): void {
  if (slides > MAX_SLIDES)
    throw new UserError('bad-deck', `${file} has ${slides} slides; at most ${MAX_SLIDES} are shown. Divide it into several decks.`)
}

/** @throws UserError 'bad-deck' when steps and layouts repeat too much */
export function checkGrowth(shown: readonly Shown[], file: string): void {
  const expanded = shown.reduce((sum, slide) => sum + lengthOf(slide.items), 0)
  if (expanded > MAX_EXPANDED)
    throw new UserError(
      'bad-deck',
      `${file}: its steps and layouts repeat so much content that it grows too large to show. Divide the slides with the most steps.`,
    )
}

function lengthOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + (item.kind === 'class' ? lengthOf(item.items) + 20 : item.text.length), 0)
}
