import { pathIn } from '../commands/options.ts'
import { FileError } from '../files.ts'
import type { Command, Run } from '../machine.ts'
import { resized } from '../terminal-device.ts'
import type { Terminal } from '../terminal-device.ts'
import { enterScreen, leaveScreen, moveTo, reversed, withScreen } from './full-screen.ts'
import { ViBuffer } from './vi-buffer.ts'

/** What the two lowest lines say; pairs of a key and what it does. */
const help: readonly (readonly [string, string])[] = [
  ['^G', 'Help'],
  ['^O', 'Write Out'],
  ['^W', 'Where Is'],
  ['^K', 'Cut'],
  ['^X', 'Exit'],
  ['^R', 'Read File'],
  ['^_', 'Go To Line'],
  ['^U', 'Paste'],
]

const control = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) - 64)
const expanded = (line: string): string => line.replaceAll('\t', '        ')

/** GNU nano as far as people who only want to change a file use it. https://www.nano-editor.org/dist/latest/nano.html */
class Nano {
  readonly #run: Run
  readonly #terminal: Terminal
  readonly #buffer: ViBuffer
  #name: string
  #top = 0
  #message: string
  #cut: string[] = []
  #cutting = false
  #sought = ''

  constructor(run: Run, terminal: Terminal, name: string, buffer: ViBuffer, message: string) {
    this.#run = run
    this.#terminal = terminal
    this.#name = name
    this.#buffer = buffer
    this.#message = message
  }

  get #rows(): number {
    return Math.max(this.#terminal.rows - 4, 1)
  }

  async edit(): Promise<void> {
    for (;;) {
      this.#draw()
      const key = await this.#terminal.key(this.#run.process, { sizes: true })
      if (key === undefined) return
      if (key === resized) continue
      this.#message = ''
      const cutting = key === control('K')
      if (key === control('X')) {
        if (await this.#leave()) return
      } else if (key === control('O')) await this.#write()
      else if (key === control('W')) await this.#find()
      else if (key === control('_')) await this.#goTo()
      else this.#press(key)
      this.#cutting = cutting
    }
  }

  /** Every key that asks nothing. */
  #press(key: string): void {
    const buffer = this.#buffer
    const page = this.#rows - 2
    const moves: Readonly<Record<string, () => void>> = {
      '\u001b[A': () => buffer.go({ row: buffer.row - 1, column: buffer.column }),
      '\u001b[B': () => buffer.go({ row: buffer.row + 1, column: buffer.column }),
      '\u001b[C': () => this.#sideways(1),
      '\u001b[D': () => this.#sideways(-1),
      '\u001b[H': () => buffer.go({ row: buffer.row, column: 0 }),
      '\u001b[F': () => buffer.go({ row: buffer.row, column: buffer.line.length }),
      '\u001b[5~': () => buffer.go({ row: buffer.row - page, column: 0 }),
      '\u001b[6~': () => buffer.go({ row: buffer.row + page, column: 0 }),
      '\u001b[3~': () => this.#erase(1),
      '\u007f': () => this.#erase(-1),
      '\u001bu': () => void buffer.undo(),
      '\u001be': () => void buffer.undo(true),
      '\r': () => this.#type('\n'),
      '\n': () => this.#type('\n'),
    }
    const letters: Readonly<Record<string, string>> = {
      A: '\u001b[H',
      E: '\u001b[F',
      P: '\u001b[A',
      N: '\u001b[B',
      F: '\u001b[C',
      B: '\u001b[D',
      Y: '\u001b[5~',
      V: '\u001b[6~',
      D: '\u001b[3~',
      H: '\u007f',
    }
    const letter = Object.keys(letters).find((each) => control(each) === key)
    const move = moves[letter === undefined ? key : (letters[letter] ?? '')]
    if (move) move()
    else if (key === control('K')) this.#cutLine()
    else if (key === control('U')) this.#paste()
    else if (key === control('C'))
      this.#message = `[ line ${buffer.row + 1}/${buffer.lines.length}, col ${buffer.column + 1}/${buffer.line.length + 1} ]`
    else if (key === '\t' || (!key.startsWith('\u001b') && key >= ' ')) this.#type(key)
  }

  #sideways(by: number): void {
    const buffer = this.#buffer
    if (by < 0 && buffer.column === 0 && buffer.row > 0) buffer.go({ row: buffer.row - 1, column: Infinity })
    else if (by > 0 && buffer.column >= buffer.line.length && buffer.row < buffer.lines.length - 1)
      buffer.go({ row: buffer.row + 1, column: 0 })
    else buffer.go({ row: buffer.row, column: buffer.column + by })
  }

  #type(text: string): void {
    this.#buffer.keep()
    this.#buffer.insert(text)
  }

  #erase(by: number): void {
    const buffer = this.#buffer
    const from = { row: buffer.row, column: buffer.column }
    this.#sideways(by)
    const to = { row: buffer.row, column: buffer.column }
    if (from.row === to.row && from.column === to.column) return
    buffer.go(from)
    buffer.keep()
    buffer.cut(from, to)
  }

  /** Lines that are cut one after the other come back together. */
  #cutLine(): void {
    this.#buffer.keep()
    if (!this.#cutting) this.#cut = []
    this.#cut.push(this.#buffer.line)
    this.#buffer.cutLines(this.#buffer.row, this.#buffer.row)
  }

  #paste(): void {
    if (this.#cut.length === 0) return
    this.#buffer.keep()
    this.#buffer.insert(`${this.#cut.join('\n')}\n`)
  }

  /** Asks in the line above the help. @returns undefined when it is cancelled */
  async #ask(question: string, answer = ''): Promise<string | undefined> {
    let text = answer
    for (;;) {
      const { rows, columns } = this.#terminal
      const shown = `${question}${text}`.slice(0, columns - 1)
      this.#terminal.screen(`${moveTo(rows - 3, 0)}${reversed(shown.padEnd(columns))}${moveTo(rows - 3, shown.length)}`)
      const key = await this.#terminal.key(this.#run.process)
      if (key === undefined || key === control('C')) {
        this.#message = '[ Cancelled ]'
        return undefined
      }
      if (key === '\r' || key === '\n') return text
      if (key === '\u007f' || key === control('H')) text = text.slice(0, -1)
      else if (key === control('U') || key === control('K')) text = ''
      else if (!key.startsWith('\u001b') && key >= ' ') text += key
    }
  }

  async #write(): Promise<boolean> {
    const name = await this.#ask('File Name to Write: ', this.#name)
    if (name === undefined || name === '') return false
    try {
      this.#run.machine.files.write(pathIn(this.#run, name), this.#buffer.text)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.#message = `[ Error writing ${name}: ${error.message} ]`
      return false
    }
    this.#name = name
    this.#buffer.changed = false
    const { length } = this.#buffer.text === '' ? [] : this.#buffer.lines
    this.#message = `[ Wrote ${length} line${length === 1 ? '' : 's'} ]`
    return true
  }

  /** @returns whether it may end */
  async #leave(): Promise<boolean> {
    if (!this.#buffer.changed) return true
    for (;;) {
      const { rows, columns } = this.#terminal
      const line = reversed('Save modified buffer?'.padEnd(columns))
      this.#terminal.screen(
        `${moveTo(rows - 3, 0)}${line}\r\n ${reversed('Y')} Yes\u001b[K\r\n ${reversed('N')} No           ${reversed('^C')} Cancel\u001b[K`,
      )
      const key = await this.#terminal.key(this.#run.process)
      if (key === undefined || key === 'n' || key === 'N') return true
      if (key === 'y' || key === 'Y') return this.#write()
      if (key === control('C')) {
        this.#message = '[ Cancelled ]'
        return false
      }
    }
  }

  async #find(): Promise<void> {
    const asked = await this.#ask(`Search${this.#sought === '' ? '' : ` [${this.#sought}]`}: `)
    if (asked === undefined) return
    const wanted = (this.#sought = asked || this.#sought).toLowerCase()
    if (wanted === '') return
    const { lines, row, column } = this.#buffer
    for (let step = 0; step <= lines.length; step++) {
      const at = (row + step) % lines.length
      const found = (lines[at] ?? '').toLowerCase().indexOf(wanted, step === 0 ? column + 1 : 0)
      if (found < 0) continue
      this.#buffer.go({ row: at, column: found })
      if (at < row || (at === row && found <= column)) this.#message = '[ Search Wrapped ]'
      return
    }
    this.#message = `[ "${this.#sought}" not found ]`
  }

  async #goTo(): Promise<void> {
    const [line = '', column = '1'] = ((await this.#ask('Enter line number, column number: ')) ?? '').split(/[, ]+/)
    if (/^\d+$/.test(line)) this.#buffer.go({ row: Number(line) - 1, column: Number(column) - 1 || 0 })
  }

  #draw(): void {
    const { rows, columns } = this.#terminal
    const { lines, row, line, column, changed } = this.#buffer
    if (row < this.#top) this.#top = row
    if (row >= this.#top + this.#rows) this.#top = row - this.#rows + 1
    const place = expanded(line.slice(0, column)).length
    const left = place < columns - 1 ? 0 : place - Math.floor(columns / 2)
    const name = this.#name === '' ? 'New Buffer' : this.#name
    const title = `  GNU nano 8.4${name.padStart(Math.floor((columns + name.length) / 2) - 14)}`
    const mark = changed ? 'Modified ' : ''
    let screen = `\u001b[?25l\u001b[H${reversed(title.slice(0, columns - mark.length).padEnd(columns - mark.length) + mark)}`
    for (let at = 0; at < this.#rows; at++) {
      const text = expanded(lines[this.#top + at] ?? '')
      screen += `${moveTo(at + 1, 0)}${text.slice(left, left + columns)}\u001b[K`
    }
    const said = this.#message.padStart(Math.floor((columns + this.#message.length) / 2))
    screen += `${moveTo(rows - 3, 0)}${this.#message === '' ? '' : said.replace(this.#message, reversed(this.#message))}\u001b[K`
    const width = Math.max(Math.floor(columns / 4), 8)
    for (const [index, [key, what]] of help.entries()) {
      if (index % 4 === 0) screen += `${moveTo(rows - 2 + Math.floor(index / 4), 0)}\u001b[K`
      screen += `${reversed(key)} ${what.slice(0, width - 4).padEnd(width - 3)}`
    }
    this.#terminal.screen(`${screen}${moveTo(row - this.#top + 1, place - left)}\u001b[?25h`)
  }
}

export const nano: Command = (run) => {
  const name = run.args.find((arg) => !/^[-+]/.test(arg)) ?? ''
  const line = Number(run.args.find((arg) => /^\+\d+/.test(arg))?.slice(1) ?? 1)
  return withScreen(run, async (terminal) => {
    let text = ''
    let message = name === '' ? '' : '[ New File ]'
    try {
      if (name !== '') {
        text = run.machine.files.read(pathIn(run, name))
        const length = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
        message = `[ Read ${length} line${length === 1 ? '' : 's'} ]`
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      if (error.message !== 'No such file or directory') message = `[ Error reading ${name}: ${error.message} ]`
    }
    const buffer = new ViBuffer(text)
    buffer.go({ row: line - 1, column: 0 })
    // Escape and a letter are one key.
    terminal.meta = true
    terminal.screen(enterScreen)
    try {
      await new Nano(run, terminal, name, buffer, message).edit()
    } finally {
      terminal.screen(leaveScreen)
    }
    return 0
  })
}
