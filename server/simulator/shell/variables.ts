/** An array: indexed by number, or by any text. */
export interface Items {
  readonly associative: boolean
  readonly entries: Map<string, string>
}

/** More elements than anything honest has. */
const mostItems = 100_000

/** A shell's variables: text, or arrays (bash). */
export class Variables {
  readonly #values = new Map<string, string | Items>()
  readonly exported = new Set<string>()
  readonly readonlyNames = new Set<string>()
  /** `declare -i`: what is assigned is calculated. */
  readonly integers = new Set<string>()

  /** A variable's text; of an array its element 0. */
  get(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'object' ? value.entries.get('0') : value
  }

  set(name: string, value: string): void {
    const old = this.#values.get(name)
    if (typeof old === 'object') old.entries.set('0', value)
    else this.#values.set(name, value)
  }

  items(name: string): Items | undefined {
    const value = this.#values.get(name)
    return typeof value === 'object' ? value : undefined
  }

  /** Makes an array of what is there. */
  declare(name: string, associative: boolean): Items {
    const old = this.#values.get(name)
    if (typeof old === 'object') return old
    const items: Items = { associative, entries: new Map(old === undefined ? [] : [['0', old]]) }
    this.#values.set(name, items)
    return items
  }

  replace(name: string, items: Items): void {
    this.#values.set(name, items)
  }

  setElement(name: string, key: string, value: string): boolean {
    const { entries } = this.declare(name, false)
    if (entries.size >= mostItems && !entries.has(key)) return false
    entries.set(key, value)
    return true
  }

  /** Keys and values in the order in which they expand. */
  elements(name: string): readonly (readonly [string, string])[] {
    const value = this.#values.get(name)
    if (value === undefined) return []
    if (typeof value === 'string') return [['0', value]]
    const entries = [...value.entries]
    return value.associative ? entries : entries.toSorted((a, b) => Number(a[0]) - Number(b[0]))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  delete(name: string): void {
    this.#values.delete(name)
    this.exported.delete(name)
    this.integers.delete(name)
  }

  /** What to give back to `restore`. */
  snapshot(name: string): string | Items | undefined {
    return this.#values.get(name)
  }

  restore(name: string, value: string | Items | undefined): void {
    if (value === undefined) this.#values.delete(name)
    else this.#values.set(name, value)
  }

  names(): readonly string[] {
    return [...this.#values.keys()].toSorted()
  }

  copyFrom(other: Variables): void {
    for (const [name, value] of other.#values)
      this.#values.set(name, typeof value === 'object' ? { associative: value.associative, entries: new Map(value.entries) } : value)
    for (const name of other.exported) this.exported.add(name)
    for (const name of other.readonlyNames) this.readonlyNames.add(name)
    for (const name of other.integers) this.integers.add(name)
  }
}
