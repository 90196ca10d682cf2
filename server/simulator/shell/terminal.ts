import { completions } from './completion.ts'
import { Exit, Interrupted, Return } from './control.ts'
import { Shell } from './interpreter.ts'
import { editLine } from './line-editor.ts'
import type { Run } from './machine.ts'
import { parseScript } from './parser.ts'
import { Killed, signals } from './processes.ts'
import { defaultPrompts, promptText } from './prompt.ts'
import { Terminal } from './terminal-device.ts'
import { normalise } from './files.ts'

/** No longer than what bash keeps by default. */
const mostHistory = 500

/** A person's shell session: prompt, read, run, until `exit` or Ctrl-D. Marks each command for the terminal (OSC 133). */
export async function runTerminal(run: Run, login: boolean, options: string): Promise<number> {
  const terminal = run.io.in
  if (!(terminal instanceof Terminal)) return 1
  const { machine, process, env, cwd } = run
  const shell = new Shell({ machine, process, env, cwd, name: run.name.replace(/^-/, ''), reads: 'keys' })
  for (const option of ['i', ...options]) shell.options.add(option)
  const session = new Session(run, shell, terminal)
  const { onInterrupt, onSuspend, onQuit, onResize } = terminal
  terminal.onInterrupt = () => session.interrupt(signals.INT)
  terminal.onQuit = () => session.interrupt(signals.QUIT)
  terminal.onSuspend = () => shell.suspend()
  terminal.onResize = () => session.resize()
  try {
    return await session.loop(login)
  } finally {
    Object.assign(terminal, { onInterrupt, onSuspend, onQuit, onResize })
    for (const job of shell.jobs.list()) for (const each of job.processes) each.kill(signals.HUP)
    terminal.mode('cooked')
  }
}

const mark = (code: string) => `\u001b]133;${code}\u001b\\`

class Session {
  readonly #run: Run
  readonly #shell: Shell
  readonly #terminal: Terminal
  #warned = false

  constructor(run: Run, shell: Shell, terminal: Terminal) {
    this.#run = run
    this.#shell = shell
    this.#terminal = terminal
  }

  interrupt(signal: number): void {
    this.#shell.interrupted = true
    this.#run.machine.processes.interrupt(this.#run.process, signal)
  }

  resize(): void {
    const { columns, rows } = this.#terminal
    this.#shell.columns = columns
    this.#shell.rows = rows
    if (this.#shell.dialect === 'bash') {
      this.#shell.variables.set('COLUMNS', String(columns))
      this.#shell.variables.set('LINES', String(rows))
    }
    const trap = this.#shell.process.traps.get(signals.WINCH)
    if (trap) trap()
  }

  async loop(login: boolean): Promise<number> {
    const shell = this.#shell
    for (const [name, value] of Object.entries(defaultPrompts(shell))) if (shell.get(name) === undefined) shell.variables.set(name, value)
    this.resize()
    for (const path of this.#profiles(login)) {
      const code = shell.files.stat(path)?.kind === 'file' ? await this.#execute(shell.files.read(path), false) : undefined
      if (code !== undefined) return code
    }
    for (;;) {
      const source = await this.#read()
      if (source === undefined) {
        if (this.#mayLeave()) return shell.finish(shell.status, this.#run.io)
        continue
      }
      if (source.trim() === '') continue
      const status = await this.#execute(source, true)
      if (status !== undefined) return status
    }
  }

  /** Which files a shell reads first. */
  #profiles(login: boolean): readonly string[] {
    const shell = this.#shell
    const home = shell.get('HOME') ?? '/'
    const own = (name: string) => normalise(name, home)
    if (shell.dialect === 'bash')
      return login ? ['/etc/profile', own('.bash_profile'), own('.profile')] : ['/etc/bash.bashrc', own('.bashrc')]
    const env = shell.get('ENV')
    return [...(login ? ['/etc/profile', own('.profile')] : []), ...(env ? [normalise(env, shell.cwd)] : [])]
  }

  /** With stopped jobs the first attempt only warns. */
  #mayLeave(): boolean {
    if (this.#warned || !this.#shell.jobs.list().some((job) => job.state === 'Stopped')) return true
    this.#warned = true
    this.#terminal.output.write(this.#shell.dialect === 'bash' ? 'There are stopped jobs.\n' : 'You have stopped jobs.\n')
    return false
  }

  /** One complete command, of one line or several. @returns undefined at the end of the input */
  async #read(): Promise<string | undefined> {
    const { process } = this.#run
    const shell = this.#shell
    for (const job of shell.jobs.list().filter((each) => each.state === 'Done'))
      this.#terminal.output.write(`${shell.jobs.line(job, shell.dialect)}\n`)
    shell.jobs.takeDone()
    await this.#terminal.reclaim(process)
    this.#terminal.mode('keys')
    let source = ''
    for (;;) {
      const prompt = await promptText(shell, source === '' ? 'PS1' : 'PS2')
      const marks = source === '' ? ([mark('A'), mark('B')] as const) : (['', ''] as const)
      const line = await editLine(this.#terminal, process, {
        prompt,
        marks,
        history: shell.history,
        complete: (text) => completions(text, shell),
      })
      if (line.kind === 'end') {
        if (source !== '') continue
        this.#terminal.screen(shell.dialect === 'bash' ? 'exit\r\n' : '\r\n')
        return undefined
      }
      if (line.kind === 'interrupted') {
        shell.status = 130
        return ''
      }
      const text = this.#recalled(line.text)
      source += (source === '' ? '' : '\n') + text
      this.#remember(text)
      if (parseScript(source, shell.aliases).state === 'incomplete') continue
      return source
    }
  }

  #remember(line: string): void {
    const { history } = this.#shell
    if (line.trim() === '' || history.at(-1) === line) return
    history.push(line)
    if (history.length > mostHistory) history.shift()
  }

  /** `!!`, `!42`, `!prefix` (bash). */
  #recalled(line: string): string {
    const { history, dialect } = this.#shell
    if (dialect !== 'bash' || !line.includes('!')) return line
    const text = line.replaceAll(/(^|[\s;|&])!(!|-?\d+|[A-Za-z][\w-]*)/g, (whole, before: string, what: string) => {
      const index = Number(what)
      const found =
        what === '!'
          ? history.at(-1)
          : Number.isNaN(index)
            ? history.findLast((each) => each.startsWith(what))
            : index < 0
              ? history.at(index)
              : history[index - 1]
      return found === undefined ? whole : before + found
    })
    if (text !== line) this.#terminal.output.write(`${text}\n`)
    return text
  }

  /** @returns the session's exit status when the command ended it */
  async #execute(source: string, shown: boolean): Promise<number | undefined> {
    const terminal = this.#terminal
    const shell = this.#shell
    if (shown) terminal.screen(mark('C'))
    terminal.mode('cooked')
    shell.interrupted = false
    const leaves = /^\s*(exit|logout)\b/.test(source)
    if (leaves && !this.#mayLeave()) return this.#done(shown)
    if (!leaves) this.#warned = false
    try {
      await shell.source(source.replaceAll(/\\\n/g, ''), { in: terminal, out: terminal.output, err: terminal.output })
    } catch (error) {
      if (error instanceof Exit) {
        if (shell.dialect === 'bash' && /^\s*exit\b/.test(source)) terminal.output.write('exit\n')
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
    terminal.echo = true
    terminal.immediate = false
    if (shell.interrupted) {
      if (shell.status !== 131) shell.status = 130
      terminal.screen('\r\n')
    }
    return this.#done(shown)
  }

  #done(shown: boolean): undefined {
    this.#shell.interrupted = false
    if (shown) this.#terminal.screen(mark(`D;${this.#shell.status}`))
  }
}
