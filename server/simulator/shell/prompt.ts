import type { Shell } from './interpreter.ts'
import { strftime } from './commands/dates.ts'
import { expandQuoted } from './expand.ts'
import { scriptOf } from './parser.ts'

/** The prompts that a shell begins with. */
export function defaultPrompts(shell: Shell): Readonly<Record<'PS1' | 'PS2' | 'PS4', string>> {
  const { uid } = shell.machine.user
  const PS1 = shell.dialect === 'bash' ? '\\u@\\h:\\w\\$ ' : shell.dialect === 'dash' ? (uid === 0 ? '# ' : '$ ') : '\\w \\$ '
  return { PS1, PS2: '> ', PS4: '+ ' }
}

/** A prompt's text on the screen: backslash escapes (ash, bash), then expansions. */
export async function promptText(shell: Shell, name: 'PS1' | 'PS2'): Promise<string> {
  const template = shell.get(name) ?? defaultPrompts(shell)[name]
  const escaped = shell.dialect === 'dash' ? template : withEscapes(template, shell)
  if (!/[$`]/.test(escaped)) return escaped
  const command = scriptOf(`: "${escaped.replaceAll('"', '\\"')}"`).commands[0]?.command
  const word = command?.type === 'Command' ? command.args[0] : undefined
  if (word?.type !== 'Word' || !word.parts) return escaped
  const { status } = shell
  const text = await expandQuoted(word.parts, shell)
  shell.status = status
  return text
}

function withEscapes(template: string, shell: Shell): string {
  const { user, hostname, clock } = shell.machine
  const home = shell.get('HOME')
  const short =
    home !== undefined && home !== '/' && (shell.cwd === home || shell.cwd.startsWith(`${home}/`))
      ? `~${shell.cwd.slice(home.length)}`
      : shell.cwd
  const time = (format: string) => strftime(format, clock.now())
  const fields: Record<string, () => string> = {
    u: () => user.name,
    h: () => hostname.split('.')[0] ?? '',
    H: () => hostname,
    w: () => short,
    W: () => (short === '~' || short === '/' ? short : (short.split('/').at(-1) ?? '')),
    // A dollar sign is literal here, not an expansion.
    $: () => (user.uid === 0 ? '#' : '\\$'),
    t: () => time('%T'),
    A: () => time('%R'),
    T: () => time('%I:%M:%S'),
    d: () => time('%a %b %e'),
    n: () => '\n',
    r: () => '\r',
    e: () => '\u001b',
    a: () => '\u0007',
    s: () => shell.name.split('/').at(-1) ?? '',
    v: () => '5.2',
    V: () => '5.2.37',
    j: () => String(shell.jobs.list().length),
    '!': () => String(shell.history.length + 1),
    '#': () => String(shell.history.length + 1),
    '[': () => '',
    ']': () => '',
    '\\': () => '\\\\',
  }
  return template.replaceAll(/\\(?:([0-7]{3})|(.))/g, (whole, octal: string | undefined, letter = '') =>
    octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (fields[letter]?.() ?? whole),
  )
}

/** How many columns a prompt's last line takes: colours take none. */
export function promptWidth(prompt: string): number {
  const last = prompt.slice(prompt.lastIndexOf('\n') + 1)
  return last.replaceAll(/\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, '').length
}
