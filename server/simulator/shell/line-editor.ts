import type { Process } from './processes.ts'

/** What the editor needs of a terminal. */
export interface EditorTerminal {
  readonly columns: number
  key(process: Process): Promise<string | undefined>
  screen(text: string): void
}

export interface EditorOptions {
  readonly prompt: string
  /** Written before and after the prompt. */
  readonly marks: readonly [string, string]
  readonly history: readonly string[]
  readonly complete: (text: string) => { readonly word: string; readonly options: readonly string[] }
}

export type EditedLine = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'end' } | { readonly kind: 'interrupted' }

/** Reads one line with the keys that a shell's line editor knows. */
export async function editLine(terminal: EditorTerminal, process: Process, options: EditorOptions): Promise<EditedLine> {
  const editor = new Editor(terminal, options)
  terminal.screen(options.marks[0] + options.prompt + options.marks[1])
  for (;;) {
    const key = await terminal.key(process)
    if (key === undefined) return { kind: 'end' }
    const result = editor.press(key)
    if (result) return result
  }
}

class Editor {
  #line = ''
  #cursor = 0
  #shown = 0
  #recalled: number
  #draft = ''
  #killed = ''
  readonly #terminal: EditorTerminal
  readonly #options: EditorOptions

  constructor(terminal: EditorTerminal, options: EditorOptions) {
    this.#terminal = terminal
    this.#options = options
    this.#recalled = options.history.length
  }

  press(key: string): EditedLine | undefined {
    const action = this.#actions[key]
    if (action) return action()
    if (key.startsWith('\u001b') || key < ' ') return undefined
    this.#insert(key)
    return undefined
  }

  readonly #actions: Readonly<Record<string, () => EditedLine | undefined>> = {
    '\r': () => this.#submit(),
    '\n': () => this.#submit(),
    '\u0003': () => {
      this.#move(this.#line.length)
      this.#terminal.screen('^C\r\n')
      return { kind: 'interrupted' }
    },
    '\u0004': () =>
      this.#line === ''
        ? { kind: 'end' }
        : this.#change(this.#line.slice(0, this.#cursor) + this.#line.slice(this.#cursor + 1), this.#cursor),
    '\u007f': () => this.#backspace(),
    '\b': () => this.#backspace(),
    '\u001b[3~': () => this.#change(this.#line.slice(0, this.#cursor) + this.#line.slice(this.#cursor + 1), this.#cursor),
    '\u001b[D': () => this.#move(this.#cursor - 1),
    '\u001b[C': () => this.#move(this.#cursor + 1),
    '\u001bOD': () => this.#move(this.#cursor - 1),
    '\u001bOC': () => this.#move(this.#cursor + 1),
    '\u0002': () => this.#move(this.#cursor - 1),
    '\u0006': () => this.#move(this.#cursor + 1),
    '\u0001': () => this.#move(0),
    '\u0005': () => this.#move(this.#line.length),
    '\u001b[H': () => this.#move(0),
    '\u001b[F': () => this.#move(this.#line.length),
    '\u001b[1~': () => this.#move(0),
    '\u001b[4~': () => this.#move(this.#line.length),
    '\u001b[1;5D': () => this.#move(this.#wordStart()),
    '\u001b[1;5C': () => this.#move(this.#wordEnd()),
    '\u001bb': () => this.#move(this.#wordStart()),
    '\u001bf': () => this.#move(this.#wordEnd()),
    '\u001b[A': () => this.#recall(-1),
    '\u001b[B': () => this.#recall(1),
    '\u001bOA': () => this.#recall(-1),
    '\u001bOB': () => this.#recall(1),
    '\u0010': () => this.#recall(-1),
    '\u000e': () => this.#recall(1),
    '\u0015': () => this.#kill(0, this.#cursor),
    '\u000b': () => this.#kill(this.#cursor, this.#line.length),
    '\u0017': () => this.#kill(this.#wordStart(), this.#cursor),
    '\u0019': () => this.#insert(this.#killed),
    '\u000c': () => {
      this.#terminal.screen(`\u001b[H\u001b[2J${this.#options.prompt}`)
      this.#shown = 0
      return this.#draw()
    },
    '\t': () => this.#complete(),
  }

  #submit(): EditedLine {
    this.#move(this.#line.length)
    this.#terminal.screen('\r\n')
    return { kind: 'line', text: this.#line }
  }

  #backspace(): undefined {
    if (this.#cursor > 0) this.#change(this.#line.slice(0, this.#cursor - 1) + this.#line.slice(this.#cursor), this.#cursor - 1)
  }

  #insert(text: string): undefined {
    if (text === '') return
    const atEnd = this.#cursor === this.#line.length
    const fits = (this.#options.prompt.length + this.#line.length + text.length) % this.#terminal.columns !== 0
    if (!atEnd || !fits)
      return this.#change(this.#line.slice(0, this.#cursor) + text + this.#line.slice(this.#cursor), this.#cursor + text.length)
    this.#line += text
    this.#cursor = this.#line.length
    this.#shown = this.#cursor
    this.#terminal.screen(text)
  }

  #kill(from: number, to: number): undefined {
    this.#killed = this.#line.slice(from, to)
    this.#change(this.#line.slice(0, from) + this.#line.slice(to), from)
  }

  #change(line: string, cursor: number): undefined {
    this.#line = line
    this.#cursor = cursor
    this.#draw()
  }

  #move(cursor: number): undefined {
    const next = Math.min(Math.max(cursor, 0), this.#line.length)
    if (next === this.#cursor) return
    this.#cursor = next
    this.#draw()
  }

  #recall(step: number): undefined {
    const { history } = this.#options
    const next = this.#recalled + step
    if (next < 0 || next > history.length) return
    if (this.#recalled === history.length) this.#draft = this.#line
    this.#recalled = next
    const line = history[next] ?? this.#draft
    this.#change(line, line.length)
  }

  #wordStart(): number {
    return this.#line.slice(0, this.#cursor).replace(/\S+\s*$/, '').length
  }

  #wordEnd(): number {
    return this.#cursor + (/^\s*\S*/.exec(this.#line.slice(this.#cursor))?.[0].length ?? 0)
  }

  /** Rewrites the line after the prompt and puts the cursor where it belongs, over as many rows as it takes. */
  #draw(): undefined {
    const { columns } = this.#terminal
    const start = this.#options.prompt.length
    const place = (offset: number) => ({ row: Math.floor((start + offset) / columns), column: (start + offset) % columns })
    const from = place(this.#shown)
    const to = place(this.#cursor)
    const end = place(this.#line.length)
    const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '')
    const across = (column: number) => `\r${column > 0 ? `\u001b[${column}C` : ''}`
    const wraps = end.column === 0 && this.#line !== '' ? '\r\n' : ''
    this.#terminal.screen(
      `${up(from.row)}${across(start % columns)}\u001b[J${this.#line}${wraps}${up(end.row - to.row)}${across(to.column)}`,
    )
    this.#shown = this.#cursor
  }

  #complete(): undefined {
    const { word, options } = this.#options.complete(this.#line.slice(0, this.#cursor))
    const only = options[0]
    if (only === undefined) return
    const common = options.reduce((shared, option) => {
      let length = 0
      while (length < shared.length && shared[length] === option[length]) length++
      return shared.slice(0, length)
    }, only)
    const ending = options.length === 1 && !only.endsWith('/') ? ' ' : ''
    if (common.length > word.length || ending) return this.#insert(common.slice(word.length) + ending)
    this.#terminal.screen(`\r\n${options.map((option) => option.replace(/.*\/(?=.)/, '')).join('  ')}\r\n${this.#options.prompt}`)
    this.#shown = 0
    this.#draw()
  }
}
