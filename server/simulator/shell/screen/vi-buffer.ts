/** A place in a text: both counted from 0. */
export interface Place {
  readonly row: number
  readonly column: number
}

interface Kept {
  readonly lines: readonly string[]
  readonly cursor: Place
}

/** As many steps back as anyone takes. */
const mostUndone = 200

/** The text being edited, with its cursor, and how to take back what was done to it. */
export class ViBuffer {
  lines: string[]
  row = 0
  column = 0
  changed = false
  /** How often it was changed. */
  changes = 0
  readonly #undo: Kept[] = []
  readonly #redo: Kept[] = []

  constructor(text: string) {
    this.lines = text === '' ? [''] : text.replace(/\n$/, '').split('\n')
  }

  get line(): string {
    return this.lines[this.row] ?? ''
  }

  get text(): string {
    return this.lines.length === 1 && this.line === '' && this.row === 0 ? '' : `${this.lines.join('\n')}\n`
  }

  /** To be called before a change that `u` takes back. */
  keep(): void {
    this.#undo.push({ lines: [...this.lines], cursor: { row: this.row, column: this.column } })
    if (this.#undo.length > mostUndone) this.#undo.shift()
    this.#redo.length = 0
    this.changed = true
    this.changes++
  }

  /** @returns false when there is nothing to take back */
  undo(forward = false): boolean {
    const from = forward ? this.#redo : this.#undo
    const to = forward ? this.#undo : this.#redo
    const kept = from.pop()
    if (!kept) return false
    to.push({ lines: [...this.lines], cursor: { row: this.row, column: this.column } })
    this.lines = [...kept.lines]
    this.go(kept.cursor)
    return true
  }

  go(place: Place): void {
    this.row = Math.min(Math.max(place.row, 0), this.lines.length - 1)
    this.column = Math.min(Math.max(place.column, 0), this.line.length)
  }

  /** In command mode the cursor stands on a character. */
  settle(): void {
    this.column = Math.max(Math.min(this.column, this.line.length - 1), 0)
  }

  insert(text: string): void {
    const [first = '', ...more] = text.split('\n')
    const before = this.line.slice(0, this.column)
    const after = this.line.slice(this.column)
    if (more.length === 0) {
      this.lines[this.row] = before + first + after
      this.column += first.length
      return
    }
    const last = more.pop() ?? ''
    this.lines.splice(this.row, 1, before + first, ...more, last + after)
    this.row += more.length + 1
    this.column = last.length
  }

  /** Takes out what is between two places. @returns it */
  cut(from: Place, to: Place): string {
    const [a, b] = from.row < to.row || (from.row === to.row && from.column <= to.column) ? [from, to] : [to, from]
    const piece = this.slice(a, b)
    const head = (this.lines[a.row] ?? '').slice(0, a.column)
    const tail = (this.lines[b.row] ?? '').slice(b.column)
    this.lines.splice(a.row, b.row - a.row + 1, head + tail)
    this.go(a)
    return piece
  }

  slice(a: Place, b: Place): string {
    if (a.row === b.row) return (this.lines[a.row] ?? '').slice(a.column, b.column)
    return [
      (this.lines[a.row] ?? '').slice(a.column),
      ...this.lines.slice(a.row + 1, b.row),
      (this.lines[b.row] ?? '').slice(0, b.column),
    ].join('\n')
  }

  cutLines(from: number, to: number): string {
    const [a, b] = from <= to ? [from, to] : [to, from]
    const taken = this.lines.splice(a, b - a + 1)
    if (this.lines.length === 0) this.lines = ['']
    this.go({ row: a, column: 0 })
    return `${taken.join('\n')}\n`
  }
}
