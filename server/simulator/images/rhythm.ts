/** The load of the whole cluster rises and falls with the time of day (busiest at 15:00 UTC), and a little all the time. */
const waves = [
  { seconds: 86_400, weight: 0.25, from: 9 * 3600 },
  { seconds: 1_370, weight: 0.06, from: 0 },
  { seconds: 193, weight: 0.05, from: 40 },
  { seconds: 47, weight: 0.04, from: 11 },
] as const

/** How busy the cluster is, 1 on average, at a moment (milliseconds since the epoch). Never 0. */
export function loadAt(millis: number): number {
  const at = millis / 1000
  return waves.reduce((sum, { seconds, weight, from }) => sum + weight * Math.sin((2 * Math.PI * (at - from)) / seconds), 1)
}

/** What a load of 1 a second comes to between two moments: the exact integral of `loadAt`, in seconds. */
export function loadBetween(from: number, to: number): number {
  if (to <= from) return 0
  return waves.reduce((sum, wave) => sum + integral(wave, to / 1000) - integral(wave, from / 1000), (to - from) / 1000)
}

function integral({ seconds, weight, from }: (typeof waves)[number], at: number): number {
  // Whole turns come to nothing, and leaving them out keeps the numbers exact.
  const turn = (((at - from) % seconds) + seconds) % seconds
  return ((-weight * seconds) / (2 * Math.PI)) * Math.cos((2 * Math.PI * turn) / seconds)
}
