import { CommandError } from '../machine.ts'
import type { Run } from '../machine.ts'
import { Terminal } from '../terminal-device.ts'

/** A program that has the whole screen and every key. */
export async function withScreen(run: Run, body: (terminal: Terminal) => Promise<number>): Promise<number> {
  const terminal = run.io.in
  if (!(terminal instanceof Terminal) || !run.io.out.tty) throw new CommandError('not a terminal')
  terminal.mode('keys')
  terminal.meta = false
  try {
    return await body(terminal)
  } finally {
    terminal.meta = true
    terminal.mode('cooked')
  }
}

export const enterScreen = '\u001b[?1049h\u001b[H\u001b[2J'
export const leaveScreen = '\u001b[?1049l'
export const reversed = (text: string) => `\u001b[7m${text}\u001b[0m`
/** To a row and a column, both counted from 0. */
export const moveTo = (row: number, column: number) => `\u001b[${row + 1};${column + 1}H`
