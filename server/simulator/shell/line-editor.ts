import type { Process } from './processes.ts'
import { columnsOf } from './columns.ts'
import { promptWidth } from './prompt.ts'
import { resized } from './terminal-device.ts'

/** What the editor needs of a terminal. */
export interface EditorTerminal {
  readonly columns: number
  key(process: Process, options?: { readonly sizes?: boolean }): Promise<string | undefined>
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
  terminal.screen(options.marks[0] + options.prompt.replaceAll('\n', '\r\n') + options.marks[1])
  for (;;) {
    const key = await terminal.key(process, { sizes: true })
    if (key === undefined) return { kind: 'end' }
    const result = key === resized ? editor.resize() : editor.press(key)
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
  #columns: number
  /** Ctrl-R: what is searched for, and how far back it was found. */
  #search: { readonly text: string; readonly at: number } | undefined
  #quoted = false
  #last = ''
  readonly #undone: { readonly line: string; readonly cursor: number }[] = []
  readonly #width: number
  readonly #terminal: EditorTerminal
  readonly #options: EditorOptions

  constructor(terminal: EditorTerminal, options: EditorOptions) {
    this.#terminal = terminal
    this.#options = options
    this.#recalled = options.history.length
    this.#columns = terminal.columns
    this.#width = promptWidth(options.prompt)
  }

  /** The terminal has folded the line anew. */
  resize(): undefined {
    this.#columns = this.#terminal.columns
  }

  press(key: string): EditedLine | undefined {
    if (this.#search) return this.#searching(key)
    if (this.#quoted) {
      this.#quoted = false
      return this.#insert(key)
    }
    const result = this.#act(key)
    this.#last = key
    return result
  }

  #act(key: string): EditedLine | undefined {
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
    '\u001bOH': () => this.#move(0),
    '\u001bOF': () => this.#move(this.#line.length),
    '\u001b[7~': () => this.#move(0),
    '\u001b[8~': () => this.#move(this.#line.length),
    '\u001b[5C': () => this.#move(this.#wordEnd()),
    '\u001b[5D': () => this.#move(this.#wordStart()),
    '\u001bd': () => this.#kill(this.#cursor, this.#wordEnd()),
    '\u001b\u007f': () => this.#kill(this.#wordStart(), this.#cursor),
    '\u001b.': () => this.#insert(this.#options.history.at(-1)?.split(/\s+/).at(-1) ?? ''),
    '\u001b<': () => this.#recallAt(0),
    '\u001b>': () => this.#recallAt(this.#options.history.length),
    '\u0012': () => this.#find('', this.#options.history.length),
    '\u0014': () => this.#swap(),
    '\u0016': () => void (this.#quoted = true),
    '\u001f': () => this.#undo(),
    '\u0015': () => this.#kill(0, this.#cursor),
    '\u000b': () => this.#kill(this.#cursor, this.#line.length),
    '\u0017': () => this.#kill(this.#wordStart(), this.#cursor),
    '\u0019': () => this.#insert(this.#killed),
    '\u000c': () => {
      this.#terminal.screen(`\u001b[H\u001b[2J${this.#options.prompt.replaceAll('\n', '\r\n')}`)
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
    const fits = (this.#width + this.#line.length + text.length) % this.#columns !== 0
    if (!atEnd || !fits || /[^\x20-\x7e]/.test(text))
      return this.#change(this.#line.slice(0, this.#cursor) + text + this.#line.slice(this.#cursor), this.#cursor + text.length)
    this.#keep()
    this.#line += text
    this.#cursor = this.#line.length
    this.#shown = this.#cursor
    this.#terminal.screen(text)
  }

  #kill(from: number, to: number): undefined {
    this.#killed = this.#line.slice(from, to)
    this.#change(this.#line.slice(0, from) + this.#line.slice(to), from)
  }

  #keep(): void {
    this.#undone.push({ line: this.#line, cursor: this.#cursor })
    if (this.#undone.length > 100) this.#undone.shift()
  }

  #undo(): undefined {
    const before = this.#undone.pop()
    if (!before) return
    this.#line = before.line
    this.#cursor = before.cursor
    this.#draw()
  }

  /** Ctrl-T: the two characters at the cursor change places. */
  #swap(): undefined {
    const at = Math.min(this.#cursor, this.#line.length - 1)
    if (at < 1) return
    this.#change(this.#line.slice(0, at - 1) + this.#line.charAt(at) + this.#line.charAt(at - 1) + this.#line.slice(at + 1), at + 1)
  }

  /** Looks for `text` in the history, older than `before`. */
  #find(text: string, before: number): undefined {
    const { history } = this.#options
    const at = history.slice(0, before).findLastIndex((line) => line.includes(text))
    const failed = at < 0 && text !== ''
    if (at >= 0 && text !== '') {
      this.#line = history[at] ?? ''
      this.#cursor = this.#line.indexOf(text)
      this.#recalled = at
    }
    this.#search = { text, at: at < 0 ? before : text === '' ? history.length : at }
    this.#terminal.screen(`\r\u001b[J${failed ? '(failed ' : '('}reverse-i-search)\`${text}': ${this.#line}`)
  }

  #searching(key: string): EditedLine | undefined {
    const search = this.#search
    if (!search) return undefined
    if (key === '\u0012') return this.#find(search.text, search.at)
    if (key === '\u007f' || key === '\b') return this.#find(search.text.slice(0, -1), this.#options.history.length)
    if (key >= ' ' && !key.startsWith('\u001b') && key !== '\u007f')
      return this.#find(search.text + key, Math.min(search.at + 1, this.#options.history.length))
    this.#search = undefined
    this.#terminal.screen(`\r\u001b[J${this.#options.prompt.slice(this.#options.prompt.lastIndexOf('\n') + 1)}`)
    this.#shown = 0
    if (key === '\u0003' || key === '\u0007') {
      this.#line = ''
      this.#cursor = 0
    }
    this.#draw()
    return key === '\u0007' || key === '\u001b' ? undefined : this.#act(key)
  }

  #change(line: string, cursor: number): undefined {
    this.#keep()
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
    this.#recallAt(this.#recalled + step)
  }

  #recallAt(next: number): undefined {
    const { history } = this.#options
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
    const columns = this.#columns
    const start = this.#width
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
    const ending = options.length === 1 && !only.endsWith('/') && !only.endsWith('}') ? ' ' : ''
    if (common.length > word.length || ending) return this.#insert(common.slice(word.length) + ending)
    if (this.#last !== '\t') return
    const names = options.map((option) => option.replace(/.*\/(?=.)/, ''))
    this.#terminal.screen(`\r\n${columnsOf(names, this.#columns).replaceAll('\n', '\r\n')}${this.#options.prompt.replaceAll('\n', '\r\n')}`)
    this.#shown = 0
    this.#draw()
  }
}
