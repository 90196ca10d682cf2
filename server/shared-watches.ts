interface Shared<State> {
  readonly listeners: Set<(state: State) => void>
  last: { readonly state: State } | undefined
  end: () => void
}

/** Things that are watched once, however many look at them; whoever comes later is told at once how they stand. */
export class SharedWatches<Key, State> {
  readonly #watched = new Map<Key, Shared<State>>()

  /** @param begin starts watching; told only for the first who looks @returns ends this one's looking */
  watch(key: Key, listener: (state: State) => void, begin: (tell: (state: State) => void) => () => void): () => void {
    const shared = this.#watched.get(key) ?? this.#begin(key, begin)
    shared.listeners.add(listener)
    if (shared.last) listener(shared.last.state)
    return () => {
      shared.listeners.delete(listener)
      if (shared.listeners.size > 0 || this.#watched.get(key) !== shared) return
      this.#watched.delete(key)
      shared.end()
    }
  }

  close(): void {
    for (const { end } of this.#watched.values()) end()
    this.#watched.clear()
  }

  #begin(key: Key, begin: (tell: (state: State) => void) => () => void): Shared<State> {
    const shared: Shared<State> = { listeners: new Set(), last: undefined, end: () => {} }
    this.#watched.set(key, shared)
    shared.end = begin((state) => {
      shared.last = { state }
      for (const listener of shared.listeners) listener(state)
    })
    return shared
  }
}
