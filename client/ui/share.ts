/** A split's first share in per cent, kept so that neither part disappears. */
export function boundedShare(share: number): number {
  return Math.min(80, Math.max(20, Math.round(share * 10) / 10))
}
