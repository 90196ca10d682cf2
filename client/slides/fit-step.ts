import { shareRoom } from './share-room.ts'

/** Sizes that a step is tried at when it is taller than its slide; text stays above the smallest size that a hall can read. */
const SIZES = [1, 0.94, 0.88, 0.82, 0.76, 0.7]

/** A slide that does not fit is two slides, and rehearsing says so; until then nothing of it may be cut off. */
export function fitStep(body: HTMLElement, step: HTMLElement): void {
  body.classList.remove('scrolls')
  step.style.removeProperty('zoom')
  shareRoom(body, step)
  // A phone's slide scrolls anyway: there its type keeps its size.
  const sizes = getComputedStyle(body).overflowY === 'auto' ? [1] : SIZES
  for (const size of sizes) {
    step.style.setProperty('zoom', size === 1 ? '' : String(size))
    if (body.scrollHeight <= body.clientHeight + 1) return
  }
  // Everything opened at once is more than any size can hold: a Run button below the edge must stay in reach.
  body.classList.add('scrolls')
}
