/** What of a chunk is new to a screen that has everything before `have`. Offsets count UTF-16 code units, as `string.length` does. */
export type Fresh =
  | { readonly kind: 'new'; readonly data: string; readonly next: number }
  | { readonly kind: 'old' }
  | { readonly kind: 'gap' }

/** Skips what the screen has already. A chunk that begins later than the screen ends leaves a gap: the screen has to attach again. */
export function freshPart(have: number, offset: number, data: string): Fresh {
  if (offset > have) return { kind: 'gap' }
  const skip = have - offset
  if (skip >= data.length) return { kind: 'old' }
  return { kind: 'new', data: data.slice(skip), next: offset + data.length }
}
