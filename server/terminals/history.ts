/**
 * What is kept of a terminal's output for viewers who come later, in UTF-16 code units: a screen full of
 * colour is some 20,000, so this is about a thousand lines of scrollback and several full screens.
 */
export const HISTORY_LIMIT = 1024 * 1024

/** A terminal's newest output, addressed by absolute offset: offset 0 is the first character it ever printed. */
export class History {
  readonly #limit: number
  #chunks: { readonly offset: number; readonly data: string }[] = []
  #start = 0
  #end = 0

  constructor(limit = HISTORY_LIMIT) {
    this.#limit = limit
  }

  /** The oldest offset that can still be read. */
  get start(): number {
    return this.#start
  }

  /** The offset that the next output will have. */
  get end(): number {
    return this.#end
  }

  append(data: string): void {
    if (data === '') return
    this.#chunks.push({ offset: this.#end, data })
    this.#end += data.length
    if (this.#end - this.#start > this.#limit) this.#forget()
  }

  /** Output from `offset` on, at most `limit` code units; empty at the end. `offset` must not lie before `start`. */
  read(offset: number, limit: number): string {
    const parts: string[] = []
    let position = Math.max(offset, this.#start)
    let left = limit
    for (let index = this.#indexOf(position); index < this.#chunks.length && left > 0; index++) {
      const chunk = this.#chunks[index]
      if (!chunk) break
      const part = chunk.data.slice(position - chunk.offset, position - chunk.offset + left)
      parts.push(part)
      position += part.length
      left -= part.length
    }
    return parts.join('')
  }

  /** Drops the oldest eighth, up to the end of a line: a viewer who starts there starts outside of escape sequences. */
  #forget(): void {
    const wanted = this.#end - Math.floor((this.#limit * 7) / 8)
    const index = this.#indexOf(wanted)
    const chunk = this.#chunks[index]
    if (!chunk) return
    const from = wanted - chunk.offset
    const newline = chunk.data.indexOf('\n', from)
    const cut = newline >= 0 ? newline + 1 : from
    this.#chunks = this.#chunks.slice(index)
    this.#chunks[0] = { offset: chunk.offset + cut, data: chunk.data.slice(cut) }
    this.#start = chunk.offset + cut
  }

  #indexOf(offset: number): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const chunk = this.#chunks[middle]
      if (chunk && chunk.offset + chunk.data.length <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
