import { describe, expect, it } from 'vitest'
import { ManualClock } from '../kernel/clock.ts'
import { BlockId } from '../kernel/ids.ts'
import type { Command, CommandEffect } from '../protocol/deck.ts'
import { MarkScanner } from './marks.ts'
import { QUIET_MILLIS, Runner, type RunnerEvent } from './runner.ts'

const PROMPT = '\x1b]133;A\x07$ \x1b]133;B\x07'
const CONTINUATION = '\x1b]133;A;k=s\x07> \x1b]133;B;k=s\x07'
const START = '\x1b]133;C\x07'
const end = (exit: number): string => `\x1b]133;D;${exit}\x07`
const block = BlockId.parse('block')

describe('the runner', () => {
  it('types each command when the one before has finished', () => {
    const shell = shellAtPrompt()
    shell.run('one', 'two')
    expect(shell.typed()).toEqual(['one\r'])
    shell.says(`one\r\n${START}output\r\n`)
    expect(shell.typed()).toEqual([])
    shell.says(end(0) + PROMPT)
    expect(shell.typed()).toEqual(['two\r'])
    shell.says(START + end(0) + PROMPT)
    expect(shell.story()).toEqual(['run.started', 'started 0', 'finished 0: 0', 'started 1', 'finished 1: 0', 'run.ended done 0'])
  })

  it('waits for the first prompt of a shell that is still starting', () => {
    const shell = newShell()
    shell.run('one')
    expect(shell.typed()).toEqual([])
    shell.says(PROMPT)
    expect(shell.typed()).toEqual(['one\r'])
  })

  it('does not take a prompt that is drawn again for the next one', () => {
    const shell = shellAtPrompt()
    shell.run('one', 'two')
    shell.says(`${PROMPT}one`)
    expect(shell.typed()).toEqual(['one\r'])
  })

  it('types several lines as one paste, so that a heredoc is one command', () => {
    const shell = shellAtPrompt()
    shell.run('cat <<EOF\nhello\nEOF')
    expect(shell.typed()).toEqual(['\x1b[200~cat <<EOF\nhello\nEOF\x1b[201~\r'])
  })

  it('goes on after a command that fails, as a pasted script does, and ends as failed with its status', () => {
    const shell = shellAtPrompt()
    shell.run('bad', 'good')
    shell.says(START + end(2) + PROMPT)
    shell.says(START + end(0) + PROMPT)
    expect(shell.story().at(-1)).toBe('run.ended failed 2')
  })

  it('is ready for another run only at the next prompt, which may come after the end of the command was told', async () => {
    const shell = shellAtPrompt()
    shell.runCommands([command('kubectl logs -f it', 'follows')])
    shell.says(START)
    const ready = shell.runner.ready()
    shell.says(`^C${end(130)}`)
    expect(() => shell.run('two')).toThrow('still running')
    expect(await Promise.race([ready.then(() => 'ready'), Promise.resolve('busy')])).toBe('busy')
    shell.says(PROMPT)
    await ready
    await shell.runner.ready()
    shell.run('two')
  })

  it('stops when somebody presses Ctrl-C', () => {
    const shell = shellAtPrompt()
    shell.run('sleep 100', 'never')
    shell.says(START)
    shell.says(`^C${end(130)}${PROMPT}`)
    expect(shell.typed()).toEqual(['sleep 100\r'])
    expect(shell.story().at(-1)).toBe('run.ended stopped 130')
  })

  it('ends with a command that follows something, or edits, and says so', () => {
    for (const effect of ['follows', 'edits'] as const) {
      const shell = shellAtPrompt()
      shell.runCommands([command('it', effect), command('never')])
      shell.says(START)
      expect(shell.typed()).toEqual(['it\r'])
      expect(shell.story().at(-1)).toBe(`run.ended ${effect} 0`)
    }
  })

  it('refuses while a command is running, and says what to do', () => {
    const shell = shellAtPrompt()
    shell.says(START)
    expect(() => shell.run('one')).toThrow('A command is still running in this terminal. Stop it with Ctrl-C, then run again.')
  })

  it('refuses a second run in the same terminal', () => {
    const shell = shellAtPrompt()
    shell.run('one')
    expect(() => shell.run('two')).toThrow('still running')
  })

  it('clears what was half typed', () => {
    const shell = shellAtPrompt()
    shell.runner.typed()
    shell.run('one')
    expect(shell.typed()).toEqual(['\x05\x15', 'one\r'])
  })

  it('leaves a command that is half typed over several lines', () => {
    const shell = shellAtPrompt()
    shell.says(CONTINUATION)
    shell.run('one')
    expect(shell.typed()).toEqual(['\x03'])
    shell.says(`^C\r\n${PROMPT}`)
    expect(shell.typed()).toEqual(['one\r'])
  })

  it('goes on inside a shell that a command opens, at that shell’s own marks', () => {
    const shell = shellAtPrompt()
    shell.runCommands([command('bash', 'opens-shell'), command('inside'), command('exit')])
    shell.says(START + PROMPT)
    shell.says(START + end(0) + PROMPT)
    expect(shell.typed()).toEqual(['bash\r', 'inside\r', 'exit\r'])
    shell.says(START + end(0) + PROMPT)
    expect(shell.story().at(-1)).toBe('run.ended done 0')
  })

  it('goes on inside a shell without marks when something like a prompt has stood still', async () => {
    const shell = shellAtPrompt()
    shell.runCommands([command('exec', 'opens-shell'), command('cat <<E\nx\nE'), command('exit')])
    shell.says(`${START}/ # `)
    await shell.clock.advance(QUIET_MILLIS - 1)
    expect(shell.typed()).toEqual(['exec\r'])
    await shell.clock.advance(1)
    expect(shell.typed()).toEqual(['cat <<E\rx\rE\r'])
    shell.says('x\r\n/ # ')
    await shell.clock.advance(QUIET_MILLIS)
    expect(shell.typed()).toEqual(['exit\r'])
    shell.says(end(0) + PROMPT)
    expect(shell.story().at(-1)).toBe('run.ended done 0')
  })

  it('runs in a shell without marks that the person opened by hand', async () => {
    const shell = shellAtPrompt()
    shell.says(`${START}/ # `)
    await shell.clock.advance(QUIET_MILLIS)
    shell.run('hostname')
    expect(shell.typed()).toEqual(['hostname\r'])
    shell.says('hostname\r\nweb-1\r\n/ # ')
    await shell.clock.advance(QUIET_MILLIS)
    expect(shell.story().at(-1)).toBe('run.ended done 0')
  })

  it('does not type into the outer shell what was meant for one that did not open', () => {
    const shell = shellAtPrompt()
    shell.runCommands([command('exec', 'opens-shell'), command('rm -r /data')])
    shell.says(`${START}Error from server (NotFound)${end(1)}${PROMPT}`)
    expect(shell.typed()).toEqual(['exec\r'])
    expect(shell.story().at(-1)).toBe('run.ended failed 1')
  })

  it('is stopped on request, with its command', () => {
    const shell = shellAtPrompt()
    shell.run('one', 'two')
    shell.says(START)
    shell.runner.stop()
    expect(shell.typed()).toEqual(['one\r', '\x03'])
    expect(shell.story().at(-1)).toBe('run.ended stopped 130')
    shell.says(end(130) + PROMPT)
    expect(shell.typed()).toEqual([])
  })

  it('tells of commands that the person types, as nobody’s block', () => {
    const shell = shellAtPrompt()
    shell.says(START + end(1) + PROMPT)
    expect(shell.events.map(({ type }) => type)).toEqual(['command.started', 'command.finished'])
    expect(shell.events[0]).not.toHaveProperty('block')
  })

  it('has nothing ticking at a prompt', () => {
    const shell = shellAtPrompt()
    expect(shell.clock.pending).toBe(0)
  })
})

const command = (text: string, effect: CommandEffect = 'ends'): Command => ({ text, effect })

function newShell() {
  const clock = new ManualClock()
  const scanner = new MarkScanner()
  const events: RunnerEvent[] = []
  let keys: string[] = []
  const runner = new Runner({
    clock,
    type: (data) => keys.push(data),
    emit: (event) => events.push(event),
    tail: () => scanner.tail,
    offset: () => 0,
  })
  const shell = {
    clock,
    runner,
    events,
    says: (output: string) => runner.output(scanner.scan(output)),
    runCommands: (commands: readonly Command[]) => runner.run(block, commands),
    run: (...texts: string[]) =>
      runner.run(
        block,
        texts.map((text) => command(text)),
      ),
    typed: () => {
      const taken = keys
      keys = []
      return taken
    },
    story: () => events.map(told),
  }
  return shell
}

function shellAtPrompt() {
  const shell = newShell()
  shell.says(PROMPT)
  return shell
}

function told(event: RunnerEvent): string {
  switch (event.type) {
    case 'command.started':
      return `started ${event.index}`
    case 'command.finished':
      return `finished ${event.index}: ${event.exit}`
    case 'run.ended':
      return `run.ended ${event.outcome} ${event.exit}`
    default:
      return event.type
  }
}
