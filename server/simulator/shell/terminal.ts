import { Exit, Interrupted, Return, Shell } from './interpreter.ts'
import { completions } from './completion.ts'
import { editLine } from './line-editor.ts'
import type { Run } from './machine.ts'
import { parseScript } from './parser.ts'
import { Killed } from './processes.ts'
import type { Process } from './processes.ts'
import { Pipe } from './streams.ts'
import type { Input, Output } from './streams.ts'

/** The far side of a pseudo-terminal: keys come in, screen text goes out. */
export class Terminal implements Input {
  readonly tty = true
  columns = 80
  rows = 24
  /** What Ctrl-C does now. */
  onInterrupt: () => void = () => {}
  readonly output: Output
  readonly #screen: (text: string) => void
  #mode: 'cooked' | 'keys' = 'cooked'
  #line = ''
  #lines = new Pipe()
  #keys = ''
  readonly #waiting: (() => void)[] = []
  #ended = false

  constructor(screen: (text: string) => void) {
    this.#screen = screen
    this.output = { tty: true, write: (text) => this.#screen(text.replaceAll(/\r?\n/g, '\r\n')) }
  }

  /** What the person typed. */
  feed(text: string): void {
    if (this.#mode === 'keys') {
      this.#keys += text
      this.#wake()
      return
    }
    for (const key of text) this.#cook(key)
  }

  /** The person has gone. */
  hangUp(): void {
    this.#ended = true
    this.#lines.end()
    this.#wake()
  }

  /** The line discipline while a program runs (termios(3), canonical mode). */
  #cook(key: string): void {
    if (key === '\u0003') {
      this.#line = ''
      this.#screen('^C')
      this.onInterrupt()
    } else if (key === '\u0004') {
      if (this.#line === '') this.#lines.end()
      else this.#submit('')
    } else if (key === '\r' || key === '\n') {
      this.#screen('\r\n')
      this.#submit('\n')
    } else if (key === '\u007f' || key === '\b') {
      if (this.#line !== '') this.#screen('\b \b')
      this.#line = this.#line.slice(0, -1)
    } else if (key === '\u0015') {
      this.#screen('\b \b'.repeat(this.#line.length))
      this.#line = ''
    } else if (key >= ' ' || key === '\t') {
      this.#line += key
      this.#screen(key)
    }
  }

  #submit(end: string): void {
    this.#lines.write(this.#line + end)
    this.#line = ''
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  async read(process: Process): Promise<string | undefined> {
    const text = await this.#lines.read(process)
    // Ctrl-D ends one read, not the terminal.
    if (text === undefined && !this.#ended) this.#lines = new Pipe()
    return text
  }

  unread(text: string): void {
    this.#lines.unread(text)
  }

  /** Keys one by one, for the line editor. What was typed ahead comes first. @returns undefined when the person has gone */
  async key(process: Process): Promise<string | undefined> {
    while (this.#keys === '') {
      if (this.#ended) return undefined
      await process.wait((resume) => {
        this.#waiting.push(resume)
        return () => {}
      })
    }
    const key = /^(?:\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z]|[^[O]|$)|[^])/u.exec(this.#keys)?.[0] ?? this.#keys.charAt(0)
    this.#keys = this.#keys.slice(key.length)
    return key
  }

  /** Straight to the screen, without the newline translation. */
  screen(text: string): void {
    this.#screen(text)
  }

  /** Switches between editing a line and running a program. */
  async mode(mode: 'cooked' | 'keys'): Promise<void> {
    if (mode === this.#mode) return
    this.#mode = mode
    if (mode === 'keys') {
      this.#keys += this.#line
      this.#line = ''
      return
    }
    const ahead = this.#keys
    this.#keys = ''
    this.#lines = new Pipe()
    for (const key of ahead) this.#cook(key)
    await Promise.resolve()
  }

  /** Takes back whole lines that no program has read: they were typed ahead for the prompt. */
  async reclaim(process: Process): Promise<void> {
    const left = this.#lines
    this.#lines = new Pipe()
    left.end()
    const text = await left.read(process)
    if (text) this.#keys = text.replaceAll('\n', '\r') + this.#keys
  }
}

/** A person's shell session: prompt, read, run, until `exit` or Ctrl-D. Marks each command for the terminal (OSC 133). */
export async function runTerminal(run: Run): Promise<number> {
  const terminal = run.io.in
  if (!(terminal instanceof Terminal)) return 1
  const shell = new Shell({
    machine: run.machine,
    process: run.process,
    env: run.env,
    cwd: run.cwd,
    name: run.name === 'bash' ? 'bash' : 'sh',
  })
  shell.options.add('i')
  const session = new Session(run, shell, terminal)
  const before = terminal.onInterrupt
  terminal.onInterrupt = () => session.interrupt()
  try {
    return await session.loop()
  } finally {
    terminal.onInterrupt = before
    await terminal.mode('cooked')
  }
}

/** A prompt as the image's own shell shows it. */
function promptOf(run: Run, shell: Shell): string {
  const { user, hostname, userland } = run.machine
  const end = user.uid === 0 ? '#' : '$'
  const home = shell.get('HOME')
  if (run.name === 'bash') return `${user.name}@${hostname}:${shell.cwd === home ? '~' : shell.cwd}${end} `
  if (userland === 'debian') return `${end} `
  return `${shell.cwd === home && home !== '/' ? '~' : shell.cwd} ${end} `
}

const mark = (code: string) => `\u001b]133;${code}\u001b\\`

class Session {
  readonly #run: Run
  readonly #shell: Shell
  readonly #terminal: Terminal
  readonly #history: string[] = []

  constructor(run: Run, shell: Shell, terminal: Terminal) {
    this.#run = run
    this.#shell = shell
    this.#terminal = terminal
  }

  interrupt(): void {
    this.#shell.interrupted = true
    this.#run.machine.processes.interrupt(this.#run.process)
  }

  async loop(): Promise<number> {
    for (;;) {
      const source = await this.#read()
      if (source === undefined) return this.#shell.status
      if (source.trim() === '') continue
      const status = await this.#execute(source)
      if (status !== undefined) return status
    }
  }

  /** One complete command, of one line or several. @returns undefined at the end of the input */
  async #read(): Promise<string | undefined> {
    const { process } = this.#run
    await this.#terminal.reclaim(process)
    await this.#terminal.mode('keys')
    let source = ''
    for (;;) {
      const prompt = source === '' ? promptOf(this.#run, this.#shell) : '> '
      const marks = source === '' ? ([mark('A'), mark('B')] as const) : (['', ''] as const)
      const line = await editLine(this.#terminal, process, {
        prompt,
        marks,
        history: this.#history,
        complete: (text) => completions(text, this.#shell),
      })
      if (line.kind === 'end') {
        if (source !== '') continue
        this.#terminal.screen('\r\n')
        return undefined
      }
      if (line.kind === 'interrupted') {
        this.#shell.status = 130
        return ''
      }
      source += (source === '' ? '' : '\n') + line.text
      if (line.text.trim() !== '' && this.#history.at(-1) !== line.text) this.#history.push(line.text)
      if (parseScript(source).state === 'incomplete') continue
      return source
    }
  }

  /** @returns the session's exit status when the command ended it */
  async #execute(source: string): Promise<number | undefined> {
    const terminal = this.#terminal
    const shell = this.#shell
    terminal.screen(mark('C'))
    await terminal.mode('cooked')
    shell.interrupted = false
    shell.columns = terminal.columns
    shell.rows = terminal.rows
    try {
      await shell.source(source.replaceAll(/\\\n/g, ''), { in: terminal, out: terminal.output, err: terminal.output })
    } catch (error) {
      if (error instanceof Exit) {
        terminal.screen(mark(`D;${error.status}`))
        return shell.finish(error.status, this.#run.io)
      }
      if (error instanceof Killed) throw error
      if (error instanceof Interrupted) shell.status = 130
      else if (!(error instanceof Return)) {
        shell.status = 1
        terminal.output.write(`${shell.name}: ${error instanceof Error ? error.message : 'error'}\n`)
      }
    }
    if (shell.interrupted) {
      shell.status = 130
      terminal.screen('\r\n')
    }
    shell.interrupted = false
    terminal.screen(mark(`D;${shell.status}`))
    return undefined
  }
}
