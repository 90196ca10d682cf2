/** Says the same of a value with other names in it. What has none of them is returned as it is, the very same. */
export type Rename = <T>(value: T) => T

/** Where in a value a text stands that has to change. */
interface Site {
  readonly path: readonly (string | number)[]
  readonly text: string
}

/**
 * Replaces texts wherever they stand in strings: values only, since no field or key of ours is named after a node.
 * Where they stand is found once for each object, however often it is renamed.
 */
export class Renaming {
  readonly #found: RegExp
  readonly #sites = new WeakMap<object, readonly Site[]>()

  /** @param from what is to be replaced; not empty texts */
  constructor(from: readonly string[]) {
    const longestFirst = from.toSorted((a, b) => b.length - a.length)
    this.#found = new RegExp(longestFirst.map((text) => text.replaceAll(/[^\w-]/g, '\\$&')).join('|'), 'g')
  }

  /** @param names by each of the texts what stands in its place */
  to(names: ReadonlyMap<string, string>): Rename {
    if ([...names].every(([from, to]) => from === to)) return (value) => value
    // One copy of a long text (a certificate authority, say) serves every object that has it.
    const made = new Map<string, string>()
    const changed = (text: string): string => {
      const known = made.get(text)
      if (known !== undefined) return known
      const fresh = text.replaceAll(this.#found, (name) => names.get(name) ?? name)
      made.set(text, fresh)
      return fresh
    }
    return <T>(value: T) => {
      if (typeof value !== 'object' || value === null) return typeof value === 'string' ? (changed(value) as T) : value
      let result: unknown = value
      for (const { path, text } of this.#sitesIn(value)) result = replaced(result, value, path, 0, changed(text))
      return result as T
    }
  }

  #sitesIn(object: object): readonly Site[] {
    const known = this.#sites.get(object)
    if (known) return known
    const sites: Site[] = []
    const look = (value: unknown, path: readonly (string | number)[]): void => {
      if (typeof value === 'string') {
        if (value.search(this.#found) >= 0) sites.push({ path, text: value })
      } else if (Array.isArray(value)) for (const [index, item] of value.entries()) look(item, [...path, index])
      else if (typeof value === 'object' && value !== null) for (const [key, field] of Object.entries(value)) look(field, [...path, key])
    }
    look(object, [])
    this.#sites.set(object, sites)
    return sites
  }
}

type Fields = Record<string | number, unknown>

/** With another text at the path. What is shared with the original is copied first, what is a copy already is not. */
function replaced(value: unknown, original: unknown, path: Site['path'], depth: number, text: string): unknown {
  const key = path[depth]
  if (key === undefined) return text
  const copy = (value === original ? (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) : value) as Fields
  copy[key] = replaced(copy[key], (original as Fields)[key], path, depth + 1, text)
  return copy
}
