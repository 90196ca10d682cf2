/** A typed stream of happenings in one process. Listeners are called in the order in which they subscribed. */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>()

  /** @returns ends the subscription */
  subscribe(listener: (event: T) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  get size(): number {
    return this.#listeners.size
  }
}
