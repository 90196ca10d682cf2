import type { Userland } from './machine.ts'

/** Which shell this is: busybox's, Debian's `sh`, or bash. They differ in what they know and in how they word errors. */
export type Dialect = 'ash' | 'dash' | 'bash'

/** @param name what it was started as */
export function dialectOf(name: string, userland: Userland): Dialect {
  const base = name.slice(name.lastIndexOf('/') + 1)
  if (base === 'bash') return 'bash'
  return userland === 'debian' && base !== 'ash' ? 'dash' : 'ash'
}

export interface Speaker {
  readonly dialect: Dialect
  /** `$0`. */
  readonly name: string
  readonly reads: 'keys' | 'command' | 'file'
}

/** How a shell begins an error: `sh: `, `sh: 1: `, `bash: line 1: `, `./x.sh: line 3: `. */
export function errorHead(speaker: Speaker, line: number): string {
  const { dialect, name, reads } = speaker
  if (dialect === 'dash') return `${name}: ${line}: `
  if (dialect === 'bash' ? reads !== 'keys' : reads === 'file') return `${name}: line ${line}: `
  return `${name}: `
}

export function notFoundWords(dialect: Dialect, name: string): string {
  if (dialect !== 'bash') return `${name}: not found`
  return name.includes('/') ? `${name}: No such file or directory` : `${name}: command not found`
}

export function unsetWords(dialect: Dialect, name: string): string {
  return dialect === 'bash' ? `${name}: unbound variable` : `${name}: parameter not set`
}

export function readonlyWords(dialect: Dialect, name: string): string {
  return dialect === 'bash' ? `${name}: readonly variable` : `${name}: is read only`
}
