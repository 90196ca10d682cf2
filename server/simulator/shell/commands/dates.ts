import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { parseOptions } from './options.ts'

const days = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
export const two = (value: number) => String(value).padStart(2, '0')

/** date(1)'s formats, in UTC as containers are. */
export function strftime(template: string, millis: number): string {
  const date = new Date(millis)
  const fields: Record<string, () => string> = {
    Y: () => String(date.getUTCFullYear()),
    m: () => two(date.getUTCMonth() + 1),
    d: () => two(date.getUTCDate()),
    e: () => String(date.getUTCDate()).padStart(2),
    H: () => two(date.getUTCHours()),
    I: () => two(date.getUTCHours() % 12 || 12),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    N: () => `${String(date.getUTCMilliseconds()).padStart(3, '0')}000000`,
    s: () => String(Math.floor(millis / 1000)),
    T: () => date.toISOString().slice(11, 19),
    R: () => date.toISOString().slice(11, 16),
    F: () => date.toISOString().slice(0, 10),
    D: () => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${two(date.getUTCFullYear() % 100)}`,
    a: () => days[date.getUTCDay()] ?? '',
    b: () => months[date.getUTCMonth()] ?? '',
    p: () => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
    Z: () => 'UTC',
    z: () => '+0000',
    n: () => '\n',
    '%': () => '%',
  }
  return template.replaceAll(/%(.)/g, (whole, letter: string) => fields[letter]?.() ?? whole)
}

const date: Command = (run) => {
  const template = run.args.find((arg) => arg.startsWith('+'))
  const { flags, values } = parseOptions(run.args, 'd')
  const given = values.get('d')
  const millis = given?.startsWith('@') ? Number(given.slice(1)) * 1000 : given ? Date.parse(given) : run.machine.clock.now()
  if (Number.isNaN(millis)) throw new CommandError(`invalid date '${given}'`)
  const standard = flags.has('I') ? '%F' : flags.has('R') ? '%a, %d %b %Y %T %z' : '%a %b %e %T UTC %Y'
  run.io.out.write(`${strftime(template?.slice(1) ?? standard, millis)}\n`)
  return 0
}

export const dateCommands: Record<string, Command> = { date }
