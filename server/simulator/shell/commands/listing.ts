import { columnsOf } from '../columns.ts'
import { FileError, normalise, parentOf } from '../files.ts'
import type { Entry } from '../files.ts'
import type { Command, Run } from '../machine.ts'
import { dateText, groupName, modeText, sizeOf, userName } from './file-facts.ts'
import { human, parseOptions, pathIn } from './options.ts'

interface Listed {
  readonly name: string
  readonly path: string
  readonly entry: Entry
}

const escape = '\u001b['

/** The colours that busybox's and GNU's `ls` have without being told. */
function coloured(name: string, entry: Entry, on: boolean): string {
  if (!on) return name
  const code =
    entry.kind === 'directory'
      ? (entry.mode & 0o1002) === 0o1002
        ? '30;42'
        : '1;34'
      : entry.kind === 'link'
        ? '1;36'
        : (entry.mode & 0o111) !== 0
          ? '1;32'
          : ''
  return code === '' ? name : `${escape}${code}m${name}${escape}m`
}

class Listing {
  readonly #run: Run
  readonly #flags: ReadonlySet<string>
  readonly #colours: boolean
  status = 0

  constructor(run: Run, flags: ReadonlySet<string>, colour: string | undefined) {
    this.#run = run
    this.#flags = flags
    const gnu = run.machine.userland === 'debian'
    // Debian's has no colours until an alias asks for them.
    this.#colours = colour === 'always' || (run.io.out.tty === true && (colour === 'auto' || (!gnu && colour !== 'never')))
  }

  entryOf(name: string, path: string): Listed {
    const { files } = this.#run.machine
    const entry = files.stat(path, false) ?? ({ kind: 'directory', mode: 0o755, modified: 0 } as const)
    return { name, path, entry }
  }

  complain(operand: string, message: string): void {
    const gnu = this.#run.machine.userland === 'debian'
    const verb = message === 'Permission denied' ? 'cannot open directory' : 'cannot access'
    this.#run.io.err.write(
      gnu
        ? `ls: ${verb} '${operand}': ${message}\n`
        : message === 'Permission denied'
          ? `ls: can't open '${operand}': ${message}\n`
          : `ls: ${operand}: ${message}\n`,
    )
    this.status = gnu ? 2 : 1
  }

  sorted(entries: readonly Listed[]): readonly Listed[] {
    const flags = this.#flags
    const order = (a: Listed, b: Listed): number => {
      if (flags.has('t')) return b.entry.modified - a.entry.modified || (a.name < b.name ? -1 : 1)
      if (flags.has('S')) return sizeOf(b.entry) - sizeOf(a.entry)
      if (flags.has('X')) return (a.name.split('.').at(-1) ?? '') < (b.name.split('.').at(-1) ?? '') ? -1 : 1
      return 0
    }
    const ordered = flags.has('U') ? entries : entries.toSorted(order)
    return flags.has('r') ? ordered.toReversed() : ordered
  }

  show(entries: readonly Listed[]): void {
    if (entries.length === 0) return
    const { out } = this.#run.io
    if (['l', 'n', 'o', 'g'].some((flag) => this.#flags.has(flag))) return out.write(this.#long(entries))
    const names = entries.map((each) => this.#shown(each))
    if (this.#flags.has('1') || !out.tty) return out.write(`${names.join('\n')}\n`)
    out.write(columnsOf(names, this.#run.columns))
  }

  #shown({ name, path, entry }: Listed, arrow = false): string {
    const target = entry.kind === 'link' && arrow ? ` -> ${entry.target}` : ''
    const mark = this.#flags.has('F') || this.#flags.has('p') ? suffix(entry, this.#flags.has('F')) : ''
    const number = this.#flags.has('i') ? `${inode(path)} ` : ''
    const blocks = this.#flags.has('s') ? `${String(Math.ceil(sizeOf(entry) / 4096) * 4).padStart(4)} ` : ''
    return number + blocks + coloured(name, entry, this.#colours) + (arrow && target ? target : mark)
  }

  #long(entries: readonly Listed[]): string {
    const { machine } = this.#run
    const numbers = this.#flags.has('n')
    const rows = entries.map((each) => {
      const { entry } = each
      const size = this.#flags.has('h') ? human(sizeOf(entry)) : String(sizeOf(entry))
      const owner = numbers ? String(entry.uid ?? 0) : userName(machine, entry.uid ?? 0)
      const group = numbers ? String(entry.gid ?? 0) : groupName(machine, entry.gid ?? 0)
      const date = this.#flags.has('full-time')
        ? new Date(entry.modified).toISOString().replace('T', ' ').replace('Z', '000000 +0000')
        : dateText(entry.modified, machine.clock.now())
      return { mode: modeText(entry), links: String(this.#links(each)), owner, group, size, date, name: this.#shown(each, true) }
    })
    const gnu = machine.userland === 'debian'
    const width = (key: 'links' | 'owner' | 'group' | 'size') => Math.max(...rows.map((row) => row[key].length))
    const [links, owner, group, size] = gnu
      ? [width('links'), width('owner'), width('group'), width('size')]
      : [5, 8, 8, this.#flags.has('h') ? 7 : 9]
    return rows
      .map(
        (row) =>
          `${row.mode} ${row.links.padStart(links)} ${row.owner.padEnd(owner)} ${row.group.padEnd(group)} ${row.size.padStart(size)} ${row.date} ${row.name}\n`,
      )
      .join('')
  }

  #links({ path, entry }: Listed): number {
    if (entry.kind !== 'directory') return 1
    const { files } = this.#run.machine
    try {
      return 2 + files.list(path).filter((name) => files.stat(normalise(name, path), false)?.kind === 'directory').length
    } catch (error) {
      if (error instanceof FileError) return 2
      throw error
    }
  }

  async directory(path: string, operand: string, titled: boolean): Promise<void> {
    const { machine, io, process } = this.#run
    await process.breathe()
    let found: readonly string[]
    try {
      found = machine.files.list(path)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return this.complain(operand, error.message)
    }
    if (titled) io.out.write(`${operand}:\n`)
    const hidden = this.#flags.has('a') || this.#flags.has('A')
    const entries = found.filter((name) => hidden || !name.startsWith('.')).map((name) => this.entryOf(name, normalise(name, path)))
    const dots = this.#flags.has('a') ? [this.entryOf('.', path), this.entryOf('..', parentOf(path))] : []
    if (this.#flags.has('l'))
      io.out.write(
        `total ${[...dots, ...entries].reduce((sum, { entry }) => sum + (entry.kind === 'link' ? 0 : Math.ceil(sizeOf(entry) / 4096) * 4), 0)}\n`,
      )
    this.show(this.sorted([...dots, ...entries]))
    if (!this.#flags.has('R')) return
    for (const { name, path: inner, entry } of this.sorted(entries)) {
      if (entry.kind !== 'directory') continue
      io.out.write('\n')
      await this.directory(inner, `${operand === '/' ? '' : operand}/${name}`, true)
    }
  }
}

const suffix = (entry: Entry, all: boolean) =>
  entry.kind === 'directory' ? '/' : !all ? '' : entry.kind === 'link' ? '@' : (entry.mode & 0o111) !== 0 ? '*' : ''

/** A number that is a path's own. */
export function inode(path: string): number {
  let sum = 7
  for (let at = 0; at < path.length; at++) sum = (sum * 31 + path.charCodeAt(at)) % 4_000_000
  return sum + 100_000
}

const ls: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'color w I')
  const listing = new Listing(run, flags, flags.has('color') ? 'auto' : values.get('color'))
  const { files } = run.machine
  const plain: Listed[] = []
  const directories: { readonly path: string; readonly operand: string }[] = []
  for (const operand of operands.length > 0 ? operands : ['.']) {
    const path = pathIn(run, operand)
    const entry = files.stat(path) ?? files.stat(path, false)
    const itself = flags.has('d') || (flags.has('l') && files.stat(path, false)?.kind === 'link' && !operand.endsWith('/'))
    if (!entry) listing.complain(operand, 'No such file or directory')
    else if (entry.kind === 'directory' && !itself) directories.push({ path, operand })
    else plain.push(listing.entryOf(operand, path))
  }
  listing.show(listing.sorted(plain))
  for (const [index, { path, operand }] of directories.entries()) {
    if (index > 0 || plain.length > 0) run.io.out.write('\n')
    await listing.directory(path, operand, operands.length > 1 || flags.has('R'))
  }
  return listing.status
}

export const listingCommands: Record<string, Command> = { ls }
