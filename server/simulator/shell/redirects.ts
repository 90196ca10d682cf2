import { expandOne, expandQuoted } from './expand.ts'
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
    if (redirect.type === 'HereDoc') inner = { ...inner, in: inputOf(await hereDoc(redirect, shell)) }
    else if (redirect.type === 'HereString')
      inner = { ...inner, in: inputOf(`${redirect.target ? await expandOne(redirect.target, shell) : ''}\n`) }
    else inner = redirected(redirect, redirect.target ? await expandOne(redirect.target, shell) : '', inner, shell)
  }
  await body(inner)
}

async function hereDoc(document: HereDoc, shell: Expander): Promise<string> {
  const { body, operator, delimiter } = document
  const text = body.parts && !delimiter?.quoted ? await expandQuoted(body.parts, shell) : body.text
  return operator === '<<-' ? text.replaceAll(/^\t+/gm, '') : text
}

function redirected(redirect: Redirect, target: string, io: Io, shell: Redirecting): Io {
  const { operator } = redirect
  const descriptor = redirect.descriptor?.type === 'FileDescriptor' ? redirect.descriptor.value : operator.startsWith('<') ? 0 : 1
  if (operator === '<' || operator === '<>') return { ...io, in: openInput(shell.machine, normalise(target, shell.cwd), target) }
  if (operator === '<&') return io
  if (operator === '>&' && /^\d+$|^-$/.test(target)) {
    const source = target === '1' ? io.out : target === '2' ? io.err : nothing
    return descriptor === 2 ? { ...io, err: source } : { ...io, out: source }
  }
  const file = openOutput(shell.machine, normalise(target, shell.cwd), target, operator.endsWith('>>'), io)
  if (operator === '&>' || operator === '&>>' || operator === '>&') return { ...io, out: file, err: file }
  if (descriptor === 2) return { ...io, err: file }
  return descriptor === 1 ? { ...io, out: file } : io
}

/** Opens a file, or a device, for reading. @throws CommandError */
export function openInput(machine: Machine, path: string, shown: string): Input {
  if (path === '/dev/null') return inputOf('')
  if (path === '/dev/zero') return endless(() => '\0'.repeat(65_536))
  if (path === '/dev/urandom' || path === '/dev/random') return endless(() => randomText(machine))
  try {
    return inputOf(machine.files.read(path))
  } catch (error) {
    if (error instanceof FileError)
      throw new CommandError(`can't open ${shown}: ${error.message === 'No such file or directory' ? 'no such file' : error.message}`, 1)
    throw error
  }
}

function randomText(machine: Machine): string {
  return Array.from({ length: 512 }, () => String.fromCharCode(Math.floor(machine.random() * 256))).join('')
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

function openOutput(machine: Machine, path: string, shown: string, append: boolean, io: Io): Output {
  if (path === '/dev/null') return nothing
  if (path === '/dev/stdout' || path === '/proc/self/fd/1') return io.out
  if (path === '/dev/stderr' || path === '/proc/self/fd/2') return io.err
  if (/^\/proc\/1\/fd\/[12]$/.test(path)) return machine.console
  try {
    machine.files.write(path, '', { append })
  } catch (error) {
    if (error instanceof FileError)
      throw new CommandError(
        `can't create ${shown}: ${error.message === 'No such file or directory' ? 'nonexistent directory' : error.message}`,
        1,
      )
    throw error
  }
  return { write: (text) => machine.files.write(path, text, { append: true }) }
}
