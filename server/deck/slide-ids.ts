import type { Shown } from './inherit.ts'
import type { Item } from './items.ts'

/** A slide's stable name: its `name` property, else made from its heading; unique within the deck. `taken` grows. */
export function slideId(group: readonly Shown[], taken: Set<string>): string {
  const name = group[0]?.draft.properties.get('name')?.slice(0, 150)
  const wanted = name || slug(headingOf(group.flatMap((step) => step.draft.items))) || 'slide'
  let id = wanted
  for (let count = 2; taken.has(id); count++) id = `${wanted}-${count}`
  taken.add(id)
  return id
}

/** The first heading as written in the slide's own text. */
function headingOf(items: readonly Item[]): string {
  for (const item of items) {
    if (item.kind === 'code') continue
    const inside = item.kind === 'class' ? headingOf(item.items) : (/^#{1,6} +(\S.*)$/m.exec(item.text)?.[1] ?? '')
    if (inside !== '') return inside
  }
  return ''
}

function slug(heading: string): string {
  return heading
    .replace(/\]\([^)]*\)/g, ']')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}
