import { textOfBytes } from '../bytes.ts'
import { expandOne, expandQuoted } from './expand.ts'
import type { Dialect } from './dialect.ts'
import type { Expander } from './expand.ts'
import { FileError, normalise } from './files.ts'
import { CommandError } from './machine.ts'
import type { Machine } from './machine.ts'
import type { HereDoc, Redirect, Redirection } from './parser.ts'
import { inputOf, nothing } from './streams.ts'
import type { Input, Io, Output } from './streams.ts'

interface Redirecting extends Expander {
  readonly machine: Machine
}

/** Runs `body` with its input and output redirected. @throws CommandError when a file cannot be opened */
export async function withRedirects(
  redirects: readonly Redirection[],
  io: Io,
  shell: Redirecting,
  body: (io: Io) => Promise<void>,
): Promise<void> {
  let inner = io
  for (const redirect of redirects) {
    const given = redirect.descriptor?.type === 'FileDescriptor' ? redirect.descriptor.value : undefined
    if (redirect.type === 'HereDoc') inner = withInput(inner, given ?? 0, inputOf(await hereDoc(redirect, shell)))
    else if (redirect.type === 'HereString') {
      if (shell.dialect === 'dash') throw new CommandError('Syntax error: redirection unexpected', 2)
      inner = withInput(inner, given ?? 0, inputOf(`${redirect.target ? await expandOne(redirect.target, shell) : ''}\n`))
    } else inner = redirected(redirect, given, redirect.target ? await expandOne(redirect.target, shell) : '', inner, shell)
  }
  await body(inner)
}

async function hereDoc(document: HereDoc, shell: Expander): Promise<string> {
  const { body, operator, delimiter } = document
  const text = body.parts && !delimiter?.quoted ? await expandQuoted(body.parts, shell) : body.text
  return operator === '<<-' ? text.replaceAll(/^\t+/gm, '') : text
}

function withInput(io: Io, descriptor: number, input: Input): Io {
  if (descriptor === 0) return { ...io, in: input }
  return { ...io, more: new Map([...(io.more ?? []), [descriptor, { in: input }]]) }
}

function withOutput(io: Io, descriptor: number, output: Output): Io {
  if (descriptor === 1) return { ...io, out: output }
  if (descriptor === 2) return { ...io, err: output }
  return { ...io, more: new Map([...(io.more ?? []), [descriptor, { out: output }]]) }
}

function redirected(redirect: Redirect, given: number | undefined, target: string, io: Io, shell: Redirecting): Io {
  const { operator } = redirect
  const descriptor = given ?? (operator.startsWith('<') ? 0 : 1)
  const open = () => openInput(shell.machine, normalise(target, shell.cwd), target, io, shell.dialect)
  if (operator === '<') return withInput(io, descriptor, open())
  if (operator === '<>') return withInput(io, descriptor, open())
  if ((operator === '>&' || operator === '<&') && /^\d+-?$|^-$/.test(target)) return duplicated(io, operator, descriptor, target, shell)
  const path = normalise(target, shell.cwd)
  const append = operator.endsWith('>>')
  if (operator === '>' && shell.options.has('C') && shell.files.stat(path)?.kind === 'file')
    throw new CommandError(shell.dialect === 'bash' ? `${target}: cannot overwrite existing file` : `can't create ${target}: File exists`)
  const file = openOutput(shell.machine, path, target, append, io, shell.dialect)
  if (operator === '&>' || operator === '&>>' || operator === '>&') return { ...io, out: file, err: file }
  return withOutput(io, descriptor, file)
}

/** `2>&1`, `3<&0`, `4>&-`. */
function duplicated(io: Io, operator: string, descriptor: number, target: string, shell: Redirecting): Io {
  if (target === '-') return operator === '<&' ? withInput(io, descriptor, inputOf('')) : withOutput(io, descriptor, closed)
  const number = Number.parseInt(target, 10)
  if (operator === '<&' || (number === 0 && descriptor === 0)) {
    const source = number === 0 ? io.in : io.more?.get(number)?.in
    if (!source)
      throw new CommandError(
        shell.dialect === 'bash' ? `${number}: Bad file descriptor` : `dup2(${number},${descriptor}): Bad file descriptor`,
      )
    return withInput(io, descriptor, source)
  }
  const source = number === 1 ? io.out : number === 2 ? io.err : io.more?.get(number)?.out
  if (!source)
    throw new CommandError(
      shell.dialect === 'bash' ? `${number}: Bad file descriptor` : `dup2(${number},${descriptor}): Bad file descriptor`,
    )
  return withOutput(io, descriptor, source)
}

const closed: Output = nothing

/** Opens a file, or a device, for reading. @throws CommandError */
export function openInput(machine: Machine, path: string, shown: string, io?: Io, dialect: Dialect = 'ash'): Input {
  if (io && (path === '/dev/stdin' || path === '/proc/self/fd/0' || path === '/dev/tty')) return io.in
  if (path === '/dev/null') return inputOf('')
  if (path === '/dev/zero') return endless(() => '\0'.repeat(65_536))
  if (path === '/dev/urandom' || path === '/dev/random') return endless(() => randomText(machine))
  try {
    return inputOf(machine.files.read(path))
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (dialect === 'bash') throw new CommandError(`${shown}: ${error.message}`, 1)
    const why = error.message === 'No such file or directory' ? (dialect === 'dash' ? 'No such file' : 'no such file') : error.message
    throw new CommandError(dialect === 'dash' ? `cannot open ${shown}: ${why}` : `can't open ${shown}: ${why}`, dialect === 'dash' ? 2 : 1)
  }
}

function randomText(machine: Machine): string {
  return textOfBytes(Uint8Array.from({ length: 512 }, () => Math.floor(machine.random() * 256)))
}

function endless(chunk: () => string): Input {
  let back = ''
  return {
    async read(process) {
      await process.breathe()
      const text = back || chunk()
      back = ''
      return text
    },
    unread(text) {
      // What is endless need not keep what was given back, unless little.
      if (text.length < 4096) back = text
    },
  }
}

function openOutput(machine: Machine, path: string, shown: string, append: boolean, io: Io, dialect: Dialect): Output {
  if (path === '/dev/null') return nothing
  if (path === '/dev/full') return { write: () => refuse('write error: No space left on device') }
  if (path === '/dev/stdout' || path === '/proc/self/fd/1') return io.out
  if (path === '/dev/stderr' || path === '/proc/self/fd/2') return io.err
  if (path === '/dev/tty') return io.in.tty && io.out.tty ? io.out : io.err
  if (/^\/proc\/1\/fd\/[12]$/.test(path)) return machine.console
  try {
    machine.files.write(path, '', { append })
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    const why = error.message
    if (dialect === 'bash') throw new CommandError(`${shown}: ${why}`, 1)
    const missing = why === 'No such file or directory'
    if (dialect === 'dash') throw new CommandError(`cannot create ${shown}: ${missing ? 'Directory nonexistent' : why}`, 2)
    throw new CommandError(`can't create ${shown}: ${missing ? 'nonexistent directory' : why}`, 1)
  }
  return {
    write: (text) => {
      try {
        machine.files.write(path, text, { append: true })
      } catch (error) {
        if (error instanceof FileError) throw new CommandError(`write error: ${error.message}`)
        throw error
      }
    },
  }
}

function refuse(message: string): never {
  throw new CommandError(message)
}
