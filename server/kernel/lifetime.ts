type Cleanup = () => void | Promise<void>

/** Collects what has to be ended, and ends it in reverse order, each once, whatever the others do. */
export class Lifetime {
  #cleanups: Cleanup[] = []
  #closed = false

  /** Registers `cleanup`; when the lifetime is over already it runs at once. */
  add(cleanup: Cleanup): void {
    if (this.#closed) void cleanup()
    else this.#cleanups.push(cleanup)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Runs every cleanup, the newest first. @throws AggregateError when some failed, after all have run. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const errors: unknown[] = []
    for (const cleanup of this.#cleanups.toReversed()) {
      try {
        await cleanup()
      } catch (error) {
        errors.push(error)
      }
    }
    this.#cleanups = []
    if (errors.length > 0) throw new AggregateError(errors, 'Some things did not end cleanly.')
  }
}
