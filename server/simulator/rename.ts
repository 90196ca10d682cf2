/** Says the same of a value with other names in it. What has none of them is returned as it is, the very same. */
export type Rename = <T>(value: T) => T

/** Replaces texts wherever they stand in strings: values only, since no field or key of ours is named after a node. */
export function renaming(names: ReadonlyMap<string, string>): Rename {
  const changing = [...names].filter(([from, to]) => from !== to && from !== '')
  if (changing.length === 0) return (value) => value
  const found = new RegExp(
    changing
      .map(([from]) => from)
      .toSorted((a, b) => b.length - a.length)
      .map((from) => from.replaceAll(/[^\w-]/g, '\\$&'))
      .join('|'),
    'g',
  )
  const to = new Map(changing)
  // One copy of a long text (a certificate authority, say) serves every object that has it.
  const made = new Map<string, string>()
  const text = (value: string): string => {
    if (value.search(found) < 0) return value
    const known = made.get(value)
    if (known !== undefined) return known
    const changed = value.replaceAll(found, (name) => to.get(name) ?? name)
    made.set(value, changed)
    return changed
  }
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return walkList(value)
    return typeof value === 'object' && value !== null ? walkFields(value) : value
  }
  const walkList = (list: readonly unknown[]): readonly unknown[] => {
    const changed = list.map(walk)
    return changed.every((item, index) => item === list[index]) ? list : changed
  }
  const walkFields = (object: object): object => {
    let copy: Record<string, unknown> | undefined
    for (const [key, field] of Object.entries(object) as [string, unknown][]) {
      const changed = walk(field)
      if (changed === field) continue
      copy ??= { ...object }
      copy[key] = changed
    }
    return copy ?? object
  }
  return <T>(value: T) => walk(value) as T
}
