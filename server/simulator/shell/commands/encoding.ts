import { bytesOfText, textOfBytes } from '../../bytes.ts'
import { digestOf, isDigest } from '../digest.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { linesOf, parseOptions, readAll } from './options.ts'

/** Its bytes in base64, in one line. */
export function toBase64(text: string): string {
  const bytes = bytesOfText(text)
  let binary = ''
  for (let at = 0; at < bytes.length; at += 4096) binary += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return btoa(binary)
}

const base64: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'w wrap')
  const text = await readAll(run, operands)
  if (flags.has('d') || flags.has('decode')) {
    try {
      const binary = atob(text.replaceAll(/\s/g, ''))
      run.io.out.write(textOfBytes(Uint8Array.from(binary, (char) => char.charCodeAt(0))))
      return 0
    } catch {
      throw new CommandError(run.machine.userland === 'debian' ? 'invalid input' : 'truncated input')
    }
  }
  const width = Number(values.get('w') ?? values.get('wrap') ?? 76)
  const encoded = toBase64(text)
  run.io.out.write(width === 0 ? encoded : encoded.replaceAll(new RegExp(`.{1,${width}}`, 'g'), (line) => `${line}\n`))
  return 0
}

/** md5sum, sha1sum, sha256sum …: prints checksums, or checks a list of them. */
const checksum: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  const name = run.name.replace(/sum$/, '')
  if (!isDigest(name)) throw new CommandError('applet not found', 127)
  const sumOf = async (file: string) => digestOf(name, await readAll(run, [file]))
  if (flags.has('c') || flags.has('check')) return checked(run, operands, sumOf)
  let status = 0
  for (const file of operands.length > 0 ? operands : ['-']) {
    try {
      run.io.out.write(`${await sumOf(file)}  ${file}\n`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      run.io.err.write(`${run.name}: ${error.message}\n`)
      status = 1
    }
  }
  return status
}

async function checked(run: Run, lists: readonly string[], sumOf: (file: string) => Promise<string>): Promise<number> {
  let wrong = 0
  for await (const line of linesOf(run, lists)) {
    const found = /^([0-9a-f]+) [ *](.+)$/i.exec(line)
    if (!found) continue
    const sum = await sumOf(found[2] ?? '').catch((error: unknown) => {
      if (error instanceof CommandError) return ''
      throw error
    })
    const ok = sum === found[1]?.toLowerCase()
    if (!ok) wrong++
    run.io.out.write(`${found[2]}: ${ok ? 'OK' : 'FAILED'}\n`)
  }
  if (wrong > 0) run.io.err.write(`${run.name}: WARNING: ${wrong} computed checksum${wrong > 1 ? 's' : ''} did NOT match\n`)
  return wrong > 0 ? 1 : 0
}

export const encodingCommands: Record<string, Command> = {
  base64,
  md5sum: checksum,
  sha1sum: checksum,
  sha256sum: checksum,
  sha512sum: checksum,
}
