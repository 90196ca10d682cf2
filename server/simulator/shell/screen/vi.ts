import { FileError } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { resized } from '../terminal-device.ts'
import type { Terminal } from '../terminal-device.ts'
import { pathIn } from '../commands/options.ts'
import { enterScreen, leaveScreen, moveTo, reversed, withScreen } from './full-screen.ts'
import { ViBuffer } from './vi-buffer.ts'
import type { Place } from './vi-buffer.ts'
import { runEx } from './vi-ex.ts'
import { findOnLine, motionOf } from './vi-motions.ts'
import type { Motion } from './vi-motions.ts'

/** The editor: reads keys, changes the buffer, draws. */
class Vi {
  readonly #run: Run
  readonly #terminal: Terminal
  readonly #buffer: ViBuffer
  #name: string | undefined
  #top = 0
  #left = 0
  #message = ''
  #mode: 'command' | 'insert' | 'replace' = 'command'
  #prompt: string | undefined
  #pattern = ''
  #backwards = false
  #yanked = ''
  #yankedLines = false
  #numbers = false
  #lastFind: { readonly kind: string; readonly char: string } | undefined
  #wanted = 0
  /** Keys typed ahead of the terminal's: what `.` repeats. */
  #queue: string[] = []
  #recording: string[] = []
  #lastChange: readonly string[] = []
  #repeating = false
  #quits = false
  #ended = false

  constructor(run: Run, terminal: Terminal, name: string | undefined, buffer: ViBuffer, message: string) {
    this.#run = run
    this.#terminal = terminal
    this.#name = name
    this.#buffer = buffer
    this.#message = message
  }

  async edit(): Promise<void> {
    while (!this.#quits && !this.#ended) {
      if (this.#queue.length === 0) this.#draw()
      const key = await this.#key()
      if (key === undefined) return
      if (this.#mode === 'command') {
        this.#recording = [key]
        const before = this.#buffer.changes
        await this.#command(key)
        const repeatable = this.#buffer.changes !== before && !this.#repeating && !/^[u\u0012:.]$/.test(key)
        if (repeatable) this.#lastChange = [...this.#recording]
        if (this.#queue.length === 0 && this.#mode === 'command') this.#repeating = false
      } else this.#insert(key)
    }
  }

  /** The next key; a new size draws the screen again. @returns undefined when the person has gone */
  async #key(): Promise<string | undefined> {
    const queued = this.#queue.shift()
    if (queued !== undefined) return queued
    for (;;) {
      const key = await this.#terminal.key(this.#run.process, { sizes: true })
      if (key === undefined) this.#ended = true
      if (key !== resized) return key
      this.#draw()
    }
  }

  async #next(): Promise<string> {
    const key = (await this.#key()) ?? '\u001b'
    this.#recording.push(key)
    return key
  }

  get #rows(): number {
    return Math.max(this.#terminal.rows - 1, 1)
  }

  async #command(first: string): Promise<void> {
    const buffer = this.#buffer
    let key = first
    let digits = ''
    this.#message = ''
    while (/^[1-9]$/.test(key) || (digits !== '' && key === '0')) {
      digits += key
      key = await this.#next()
    }
    const count = Math.min(Number(digits || 0), 100_000)
    if (key === 'g') key += await this.#next()
    const motion = await this.#motion(key, count)
    if (motion) return this.#go(motion)
    if ('dcy<>'.includes(key)) return this.#operate(key, count)
    const simple = this.#simple(key, Math.max(count, 1))
    if (simple) return
    switch (key) {
      case 'r': {
        const char = await this.#next()
        if (char === '\u001b' || buffer.line === '') return
        buffer.keep()
        const times = Math.min(Math.max(count, 1), buffer.line.length - buffer.column)
        buffer.lines[buffer.row] = buffer.line.slice(0, buffer.column) + char.repeat(times) + buffer.line.slice(buffer.column + times)
        return
      }
      case 'Z': {
        const char = await this.#next()
        if (char === 'Z') this.#ex('x')
        else if (char === 'Q') this.#quits = true
        return
      }
      case ':':
      case '/':
      case '?': {
        const text = await this.#ask(key)
        if (text === undefined) return
        if (key === ':') return this.#ex(text)
        this.#backwards = key === '?'
        if (text !== '') this.#pattern = text
        return this.#search(this.#backwards)
      }
      default:
    }
  }

  /** Commands of one key. @returns whether there is such a one */
  #simple(key: string, times: number): boolean {
    const buffer = this.#buffer
    const insertAt = (column: number) => {
      buffer.keep()
      buffer.column = Math.min(Math.max(column, 0), buffer.line.length)
      this.#mode = 'insert'
    }
    const cut = (to: Place) => {
      buffer.keep()
      this.#yank(buffer.cut(buffer, to), false)
    }
    const actions: Record<string, () => void> = {
      i: () => insertAt(buffer.column),
      '\u001b[2~': () => insertAt(buffer.column),
      a: () => insertAt(buffer.column + 1),
      I: () => insertAt(Math.max(buffer.line.search(/\S/), 0)),
      A: () => insertAt(buffer.line.length),
      o: () => this.#open(buffer.row + 1),
      O: () => this.#open(buffer.row),
      R: () => {
        buffer.keep()
        this.#mode = 'replace'
      },
      x: () => cut({ row: buffer.row, column: Math.min(buffer.column + times, buffer.line.length) }),
      '\u001b[3~': () => cut({ row: buffer.row, column: Math.min(buffer.column + times, buffer.line.length) }),
      X: () => cut({ row: buffer.row, column: Math.max(buffer.column - times, 0) }),
      D: () => cut({ row: buffer.row, column: buffer.line.length }),
      C: () => {
        cut({ row: buffer.row, column: buffer.line.length })
        this.#mode = 'insert'
      },
      s: () => {
        cut({ row: buffer.row, column: Math.min(buffer.column + times, buffer.line.length) })
        this.#mode = 'insert'
      },
      S: () => this.#lines('c', buffer.row, buffer.row),
      Y: () => this.#lines('y', buffer.row, buffer.row + times - 1),
      p: () => this.#put(true, times),
      P: () => this.#put(false, times),
      u: () => void (this.#message = buffer.undo() ? '' : 'Already at oldest change'),
      '\u0012': () => void (this.#message = buffer.undo(true) ? '' : 'Already at newest change'),
      J: () => this.#join(),
      '~': () => this.#swapCase(times),
      n: () => this.#search(this.#backwards),
      N: () => this.#search(!this.#backwards),
      '*': () => {
        const word = /^\w+/.exec(buffer.line.slice(buffer.line.slice(0, buffer.column + 1).search(/\w+$/)))?.[0]
        if (word) this.#pattern = `\\<${word}\\>`
        this.#search(false)
      },
      '.': () => {
        this.#repeating = true
        this.#queue = [...Array.from({ length: times }, () => this.#lastChange).flat()]
      },
      '\u000c': () => this.#terminal.screen('\u001b[2J'),
      '\u0007': () => void (this.#message = this.#status()),
      '\u0003': () => void (this.#message = 'Type :q! and press Enter to leave without saving'),
    }
    const action = actions[key]
    action?.()
    if (this.#mode === 'command') buffer.settle()
    return action !== undefined
  }

  async #motion(key: string, count: number): Promise<Motion | undefined> {
    const buffer = this.#buffer
    if ('fFtT'.includes(key)) {
      const char = await this.#next()
      this.#lastFind = { kind: key, char }
      return findOnLine(buffer, key, char, Math.max(count, 1)) ?? { row: buffer.row, column: buffer.column }
    }
    if ((key === ';' || key === ',') && this.#lastFind) {
      const { kind, char } = this.#lastFind
      const turned = key === ',' ? (kind === kind.toLowerCase() ? kind.toUpperCase() : kind.toLowerCase()) : kind
      return findOnLine(buffer, turned, char, Math.max(count, 1))
    }
    if (key === 'H') return { row: this.#top, column: 0, lines: true }
    if (key === 'L') return { row: Math.min(this.#top + this.#rows - 1, buffer.lines.length - 1), column: 0, lines: true }
    if (key === 'M') return { row: Math.min(this.#top + Math.floor(this.#rows / 2), buffer.lines.length - 1), column: 0, lines: true }
    return motionOf(key, count, buffer, this.#rows)
  }

  #go(motion: Motion): void {
    const vertical = motion.lines && motion.column === this.#buffer.column
    if (!vertical) this.#wanted = motion.column
    this.#buffer.go({ row: motion.row, column: vertical ? Math.max(this.#wanted, motion.column) : motion.column })
    if (this.#mode === 'command') this.#buffer.settle()
    if (!vertical) this.#wanted = this.#buffer.column
  }

  async #operate(operator: string, count: number): Promise<void> {
    const buffer = this.#buffer
    let key = await this.#next()
    let digits = ''
    while (/^[1-9]$/.test(key) || (digits !== '' && key === '0')) {
      digits += key
      key = await this.#next()
    }
    const times = Math.max(count, 1) * Math.max(Number(digits || 1), 1)
    if (key === operator) return this.#lines(operator, buffer.row, Math.min(buffer.row + times - 1, buffer.lines.length - 1))
    if (key === 'g') key += await this.#next()
    if (key === 'i' || key === 'a') return this.#object(operator, key, await this.#next())
    // `cw` on a word ends with it.
    const changesWord = operator === 'c' && /^[wW]$/.test(key) && /\S/.test(buffer.line[buffer.column] ?? '')
    const motion = await this.#motion(changesWord ? (key === 'w' ? 'e' : 'E') : key, count > 0 || digits !== '' ? times : 0)
    if (!motion) return
    if (motion.lines || operator === '<' || operator === '>')
      return this.#lines(operator, buffer.row, Math.min(Math.max(motion.row, 0), buffer.lines.length - 1))
    const past = motion.inclusive ? 1 : 0
    // A word motion that leaves the line takes only the rest of it.
    const to =
      motion.row > buffer.row && /^[wW]$/.test(key)
        ? { row: buffer.row, column: buffer.line.length }
        : { row: motion.row, column: motion.column + past }
    this.#apply(operator, buffer, to)
  }

  #apply(operator: string, from: Place, to: Place): void {
    const buffer = this.#buffer
    const start = from.row < to.row || (from.row === to.row && from.column <= to.column) ? { row: from.row, column: from.column } : to
    const end = start === to ? { row: from.row, column: from.column } : to
    if (operator === 'y') {
      this.#yank(buffer.slice(start, end), false)
      return buffer.go(start)
    }
    buffer.keep()
    this.#yank(buffer.cut(start, end), false)
    if (operator === 'c') this.#mode = 'insert'
    else buffer.settle()
  }

  /** `iw`, `i"`, `a(` …: text objects on one line. */
  #object(operator: string, around: string, what: string): void {
    const buffer = this.#buffer
    const { line, column, row } = buffer
    let from = column
    let to = column
    if (what === 'w') {
      const kind = /\w/.test(line[column] ?? '') ? /\w/ : /\s/.test(line[column] ?? '') ? /\s/ : /[^\w\s]/
      while (from > 0 && kind.test(line[from - 1] ?? '')) from--
      while (to < line.length && kind.test(line[to] ?? '')) to++
      if (around === 'a') while (to < line.length && /\s/.test(line[to] ?? '')) to++
    } else {
      const pairs: Record<string, string> = { '(': ')', ')': ')', b: ')', '[': ']', ']': ']', '{': '}', '}': '}', '<': '>', '>': '>' }
      const close = pairs[what] ?? what
      const open = { ')': '(', ']': '[', '}': '{', '>': '<' }[close] ?? what
      from = line.lastIndexOf(open, column)
      if (from < 0) from = line.indexOf(open)
      to = line.indexOf(close, from + 1)
      if (from < 0 || to < 0) return
      if (around === 'i') from++
      else to++
    }
    this.#apply(operator, { row, column: from }, { row, column: to })
  }

  /** An operator on whole lines. */
  #lines(operator: string, from: number, to: number): void {
    const buffer = this.#buffer
    const [a, b] = from <= to ? [from, to] : [to, from]
    if (operator === 'y') {
      this.#yank(`${buffer.lines.slice(a, b + 1).join('\n')}\n`, true)
      if (b > a + 1) this.#message = `Yanked ${b - a + 1} lines`
      return
    }
    buffer.keep()
    if (operator === 'd') this.#yank(buffer.cutLines(a, b), true)
    else if (operator === 'c') {
      this.#yank(`${buffer.lines.slice(a, b + 1).join('\n')}\n`, true)
      buffer.lines.splice(a, b - a + 1, '')
      buffer.go({ row: a, column: 0 })
      this.#mode = 'insert'
    } else {
      const shift = (line: string) => (operator === '>' ? (line === '' ? line : `\t${line}`) : line.replace(/^(\t| {1,8})/, ''))
      for (let row = a; row <= b; row++) buffer.lines[row] = shift(buffer.lines[row] ?? '')
      buffer.go({ row: a, column: Math.max((buffer.lines[a] ?? '').search(/\S/), 0) })
    }
  }

  #yank(text: string, lines: boolean): void {
    this.#yanked = text
    this.#yankedLines = lines
  }

  #put(after: boolean, times: number): void {
    const buffer = this.#buffer
    if (this.#yanked === '') return
    buffer.keep()
    const text = this.#yanked.repeat(Math.min(times, 1000))
    if (this.#yankedLines) {
      const row = buffer.row + (after ? 1 : 0)
      buffer.lines.splice(row, 0, ...text.replace(/\n$/, '').split('\n'))
      return buffer.go({ row, column: Math.max((buffer.lines[row] ?? '').search(/\S/), 0) })
    }
    if (after && buffer.line !== '') buffer.column++
    buffer.insert(text)
    buffer.column--
  }

  #open(row: number): void {
    const buffer = this.#buffer
    buffer.keep()
    buffer.lines.splice(row, 0, '')
    buffer.go({ row, column: 0 })
    this.#mode = 'insert'
  }

  #join(): void {
    const buffer = this.#buffer
    const next = buffer.lines[buffer.row + 1]
    if (next === undefined) return
    buffer.keep()
    const head = buffer.line
    buffer.lines.splice(buffer.row, 2, `${head}${head === '' || /\s$/.test(head) ? '' : ' '}${next.trimStart()}`)
    buffer.column = head.length
  }

  #swapCase(times: number): void {
    const buffer = this.#buffer
    buffer.keep()
    const part = buffer.line.slice(buffer.column, buffer.column + times)
    const swapped = [...part].map((char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase())).join('')
    buffer.lines[buffer.row] = buffer.line.slice(0, buffer.column) + swapped + buffer.line.slice(buffer.column + times)
    buffer.column += times
  }

  #insert(key: string): void {
    const buffer = this.#buffer
    this.#recording.push(key)
    if (key === '\u001b' || key === '\u0003') {
      this.#mode = 'command'
      buffer.column = Math.max(buffer.column - 1, 0)
      if (!this.#repeating) this.#lastChange = [...this.#recording]
      if (this.#queue.length === 0) this.#repeating = false
      return
    }
    if (key === '\r' || key === '\n') buffer.insert('\n')
    else if (key === '\u007f' || key === '\b') {
      if (buffer.column > 0) buffer.cut({ row: buffer.row, column: buffer.column - 1 }, buffer)
      else if (buffer.row > 0)
        buffer.cut({ row: buffer.row - 1, column: (buffer.lines[buffer.row - 1] ?? '').length }, { row: buffer.row, column: 0 })
    } else if (key === '\u0017')
      buffer.cut({ row: buffer.row, column: buffer.line.slice(0, buffer.column).replace(/\S+\s*$/, '').length }, buffer)
    else if (key === '\u0015') buffer.cut({ row: buffer.row, column: 0 }, buffer)
    else if (key.startsWith('\u001b')) {
      const motion = motionOf(key, 0, buffer, this.#rows)
      if (motion) buffer.go(key === '\u001b[F' || key === '\u001b[4~' ? { row: buffer.row, column: buffer.line.length } : motion)
    } else if (key >= ' ' || key === '\t') {
      if (this.#mode === 'replace' && buffer.column < buffer.line.length) buffer.cut(buffer, { row: buffer.row, column: buffer.column + 1 })
      buffer.insert(key)
    }
  }

  /** Reads a line at the bottom. @returns undefined when it is given up */
  async #ask(mark: string): Promise<string | undefined> {
    let text = ''
    for (;;) {
      this.#prompt = mark + text
      this.#draw()
      const key = await this.#key()
      if (key === undefined || key === '\u001b' || key === '\u0003') text = '\u001b'
      if (key === '\r' || key === '\n' || text === '\u001b') break
      if (key === '\u007f' || key === '\b') {
        if (text === '') {
          text = '\u001b'
          break
        }
        text = text.slice(0, -1)
      } else if (key === '\u0015') text = ''
      else if (key !== undefined && key >= ' ' && !key.startsWith('\u001b')) text += key
    }
    this.#prompt = undefined
    return text === '\u001b' ? undefined : text
  }

  #ex(command: string): void {
    const { files } = this.#run.machine
    const result = runEx(command, this.#buffer, {
      name: this.#name,
      pattern: this.#pattern,
      write: (path, text) => files.write(pathIn(this.#run, path), text),
      read: (path) => files.read(pathIn(this.#run, path)),
      rename: (path) => void (this.#name = path),
      search: (pattern) => void (this.#pattern = pattern),
      set: (option) => {
        if (/^(no)?(nu|number)!?$/.test(option)) this.#numbers = !option.startsWith('no')
        return /^(no)?(nu|number|ai|autoindent|ic|ignorecase|hls|hlsearch|et|expandtab|list|paste|wrap|sm|fl)!?$|^(ts|tabstop|sw|shiftwidth|sts)=\d+$|^all$|^$/.test(
          option,
        )
      },
    })
    this.#buffer.settle()
    if ('quit' in result) this.#quits = true
    else this.#message = result.wrong ? reversed(result.say) : result.say
  }

  #search(backwards: boolean): void {
    const buffer = this.#buffer
    let regex: RegExp
    try {
      regex = posixRegExp(this.#pattern, false, 'g')
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      this.#message = reversed(`bad search pattern '${this.#pattern}'`)
      return
    }
    const size = buffer.lines.length
    for (let step = 0; step <= size; step++) {
      const row = (buffer.row + (backwards ? -step : step) + size * 2) % size
      const columns = [...(buffer.lines[row] ?? '').slice(0, 10_000).matchAll(regex)].map((found) => found.index)
      const fitting = step === 0 ? columns.filter((column) => (backwards ? column < buffer.column : column > buffer.column)) : columns
      const column = backwards ? fitting.at(-1) : fitting[0]
      if (column !== undefined) return this.#go({ row, column })
    }
    this.#message = reversed(`Pattern not found: ${this.#pattern}`)
  }

  #status(): string {
    const { lines, changed, row } = this.#buffer
    const percent = Math.floor(((row + 1) * 100) / lines.length)
    return `- ${this.#name ?? 'No file'}${changed ? ' [modified]' : ''} ${row + 1}/${lines.length} ${percent}%`
  }

  #draw(): void {
    const buffer = this.#buffer
    const { columns } = this.#terminal
    const rows = this.#rows
    if (buffer.row < this.#top) this.#top = buffer.row
    if (buffer.row >= this.#top + rows) this.#top = buffer.row - rows + 1
    const margin = this.#numbers ? Math.max(String(buffer.lines.length).length + 1, 4) : 0
    const shownAt = expanded(buffer.line.slice(0, buffer.column)).length
    const width = columns - margin
    if (shownAt < this.#left) this.#left = shownAt
    if (shownAt >= this.#left + width) this.#left = shownAt - width + 1
    let screen = '\u001b[?25l\u001b[H'
    for (let row = 0; row < rows; row++) {
      const line = buffer.lines[this.#top + row]
      const number = this.#numbers && line !== undefined ? `${String(this.#top + row + 1).padStart(margin - 1)} ` : ''
      screen += `${line === undefined ? '~' : number + expanded(line).slice(this.#left, this.#left + width)}\u001b[K\r\n`
    }
    const mode = this.#mode === 'insert' ? 'I' : this.#mode === 'replace' ? 'R' : '-'
    const bottom = this.#prompt ?? (this.#message === '' ? this.#status().replace('-', mode) : this.#message)
    const cursor =
      this.#prompt === undefined ? moveTo(buffer.row - this.#top, margin + shownAt - this.#left) : moveTo(rows, this.#prompt.length)
    this.#terminal.screen(`${screen}${bottom.includes('\u001b') ? bottom : bottom.slice(0, columns - 1)}\u001b[K${cursor}\u001b[?25h`)
  }
}

/** Tabs to every eighth column; what cannot be shown as what it is called. */
function expanded(line: string): string {
  if (!/[\x00-\x1f\x7f]/.test(line)) return line
  let text = ''
  for (const char of line) {
    if (char === '\t') text += ' '.repeat(8 - (text.length % 8))
    else if (char < ' ') text += `^${String.fromCharCode(char.charCodeAt(0) + 64)}`
    else text += char
  }
  return text
}

const vi: Command = (run) => {
  const name = run.args.find((arg) => !/^[-+]/.test(arg))
  const line = Number(run.args.find((arg) => /^\+\d+$/.test(arg))?.slice(1) ?? 1)
  return withScreen(run, async (terminal) => {
    let text = ''
    let message = ''
    if (name !== undefined) {
      try {
        text = run.machine.files.read(pathIn(run, name))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        message = error.message === 'No such file or directory' ? `'${name}' [New file]` : reversed(`'${name}' ${error.message}`)
      }
    }
    const buffer = new ViBuffer(text)
    buffer.go({ row: line - 1, column: 0 })
    terminal.screen(enterScreen)
    try {
      await new Vi(run, terminal, name, buffer, message).edit()
    } finally {
      terminal.screen(leaveScreen)
    }
    return 0
  })
}

export const editorCommands: Record<string, Command> = { vi, vim: vi }
