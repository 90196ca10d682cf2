import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { resized } from '../terminal-device.ts'
import type { Terminal } from '../terminal-device.ts'
import { inputOf } from '../streams.ts'
import { linesOf, parseOptions } from '../commands/options.ts'
import { enterScreen, leaveScreen, reversed, withScreen } from './full-screen.ts'

interface Page {
  readonly name: string | undefined
  readonly lines: readonly string[]
  readonly numbers: boolean
  readonly chops: boolean
}

class Pager {
  readonly #terminal: Terminal
  readonly #page: Page
  #top = 0
  #left = 0
  #pattern: RegExp | undefined
  #message = ''

  constructor(terminal: Terminal, page: Page) {
    this.#terminal = terminal
    this.#page = page
  }

  get #rows(): number {
    return Math.max(this.#terminal.rows - 1, 1)
  }

  async show(run: Run): Promise<void> {
    const read = () => this.#terminal.key(run.process, { sizes: true })
    let digits = ''
    for (;;) {
      this.#draw()
      const key = await read()
      if (key === undefined || key === 'q' || key === 'Q' || key === '\u0003') return
      if (key === resized) continue
      if (/^\d$/.test(key)) {
        digits += key
        continue
      }
      if (key === 'Z') continue
      if (key === '/' || key === '?') await this.#ask(key, read)
      else if (key === 'F') this.#top = this.#last
      else this.#move(key, Math.min(Number(digits || 0), 1_000_000))
      digits = ''
    }
  }

  get #last(): number {
    return Math.max(this.#page.lines.length - this.#rows, 0)
  }

  #move(key: string, count: number): void {
    const page = this.#rows
    const times = Math.max(count, 1)
    const to = (top: number) => void (this.#top = Math.min(Math.max(top, 0), this.#last))
    this.#message = ''
    if (/^([jeN\r\n]|\u001b\[B|\u001bOB|\u000e)$/.test(key) && key !== 'N') to(this.#top + times)
    else if (/^([ky]|\u001b\[A|\u001bOA|\u0010)$/.test(key)) to(this.#top - times)
    else if (/^([ fz]|\u001b\[6~|\u0006|\u0016)$/.test(key)) to(this.#top + page * times)
    else if (/^([bw]|\u001b\[5~|\u0002)$/.test(key)) to(this.#top - page * times)
    else if (key === 'd' || key === '\u0004') to(this.#top + Math.floor(page / 2))
    else if (key === 'u' || key === '\u0015') to(this.#top - Math.floor(page / 2))
    else if (/^([g<]|\u001b\[H|\u001b\[1~)$/.test(key)) to(Math.max(count, 1) - 1)
    else if (/^([G>]|\u001b\[F|\u001b\[4~)$/.test(key)) to(count > 0 ? count - 1 : this.#last)
    else if (key === '\u001b[C') this.#left += 40
    else if (key === '\u001b[D') this.#left = Math.max(this.#left - 40, 0)
    else if (key === 'n') this.#find(1)
    else if (key === 'N') this.#find(-1)
  }

  async #ask(mark: string, read: () => Promise<string | undefined>): Promise<void> {
    let text = ''
    for (;;) {
      this.#terminal.screen(`\r\u001b[K${mark}${text}`)
      const key = await read()
      if (key === undefined || key === '\u001b' || key === '\u0003') return
      if (key === '\r' || key === '\n') break
      if (key === '\u007f' || key === '\b') {
        if (text === '') return
        text = text.slice(0, -1)
      } else if (key >= ' ' && !key.startsWith('\u001b') && key !== resized) text += key
    }
    try {
      if (text !== '') this.#pattern = posixRegExp(text, true)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      this.#message = error.message
      return
    }
    this.#find(mark === '/' ? 1 : -1)
  }

  #find(step: 1 | -1): void {
    const { lines } = this.#page
    for (let at = this.#top + step; at >= 0 && at < lines.length; at += step) {
      if (!this.#pattern?.test((lines[at] ?? '').slice(0, 10_000))) continue
      this.#top = Math.min(at, Math.max(this.#last, at))
      return
    }
    this.#message = 'Pattern not found  (press RETURN)'
  }

  #draw(): void {
    const { lines, name, numbers, chops } = this.#page
    const { columns } = this.#terminal
    let screen = '\u001b[H'
    let used = 0
    let at = this.#top
    for (; used < this.#rows && at < lines.length; at++) {
      const line = (numbers ? `${String(at + 1).padStart(7)} ` : '') + (lines[at] ?? '')
      const plain = line.replaceAll('\t', '        ')
      const folded =
        chops || this.#left > 0
          ? [plain.slice(this.#left, this.#left + columns)]
          : (plain.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''])
      for (const part of folded.slice(0, this.#rows - used)) {
        screen += `${this.#marked(part)}\u001b[K\r\n`
        used++
      }
    }
    for (; used < this.#rows; used++) screen += '~\u001b[K\r\n'
    const bottom =
      this.#message !== ''
        ? reversed(this.#message)
        : at >= lines.length
          ? reversed('(END)')
          : this.#top === 0 && name
            ? reversed(name)
            : ':'
    this.#terminal.screen(`${screen}${bottom}\u001b[K`)
  }

  #marked(text: string): string {
    const found = this.#pattern?.exec(text)
    if (!found || found[0] === '') return text
    return text.slice(0, found.index) + reversed(found[0]) + text.slice(found.index + found[0].length)
  }
}

/** `less` and `more`: pages at a terminal, and passes on everywhere else. Keys come from the terminal even behind a pipe. */
const less: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args, 'p x')
  const lines: string[] = []
  const terminal = run.io.out.tty ? run.terminal : undefined
  if (!terminal) {
    for await (const line of linesOf(run, operands)) run.io.out.write(`${line}\n`)
    return 0
  }
  if (operands.length === 0 && run.io.in.tty) throw new CommandError('Missing filename ("less --help" for help)')
  for await (const line of linesOf(run, operands)) lines.push(line)
  if (flags.has('F') && lines.length < terminal.rows) {
    run.io.out.write(lines.map((line) => `${line}\n`).join(''))
    return 0
  }
  return withScreen({ ...run, io: { ...run.io, in: terminal ?? inputOf('') } }, async () => {
    terminal.screen(enterScreen)
    try {
      await new Pager(terminal, { name: operands[0], lines, numbers: flags.has('N'), chops: flags.has('S') }).show(run)
    } finally {
      terminal.screen(leaveScreen)
    }
    return 0
  })
}

export const pagerCommands: Record<string, Command> = { less, more: less }
