import { FileError, normalise } from '../files.ts'
import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { parseOptions, pathIn, readAll } from './options.ts'

interface Change {
  readonly kind: ' ' | '-' | '+'
  readonly line: string
}

/** Longer texts are compared as a whole: the work grows with both lengths. */
const mostLines = 3000

/** What makes one list of lines into another, by their longest common subsequence. */
function changesOf(left: readonly string[], right: readonly string[]): Change[] {
  let start = 0
  while (start < left.length && start < right.length && left[start] === right[start]) start++
  let end = 0
  while (end < left.length - start && end < right.length - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end++
  const a = left.slice(start, left.length - end)
  const b = right.slice(start, right.length - end)
  const same = (line: string): Change => ({ kind: ' ', line })
  return [...left.slice(0, start).map(same), ...middle(a, b), ...left.slice(left.length - end).map(same)]
}

function middle(a: readonly string[], b: readonly string[]): Change[] {
  const removed = (line: string): Change => ({ kind: '-', line })
  const added = (line: string): Change => ({ kind: '+', line })
  if (a.length === 0 || b.length === 0 || a.length > mostLines || b.length > mostLines) return [...a.map(removed), ...b.map(added)]
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const at = i * width + j
      lengths[at] = a[i] === b[j] ? (lengths[at + width + 1] ?? 0) + 1 : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0)
    }
  }
  const changes: Change[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i], b[j]]
    if (x !== undefined && x === y) {
      changes.push({ kind: ' ', line: x })
      i++
      j++
    } else if (x !== undefined && (y === undefined || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) {
      changes.push(removed(x))
      i++
    } else {
      changes.push(added(y ?? ''))
      j++
    }
  }
  return changes
}

const span = (start: number, count: number) => (count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`)

/** `diff -u`'s hunks. */
function unified(changes: readonly Change[], context: number): string {
  let text = ''
  for (let at = changes.findIndex((each) => each.kind !== ' '); at >= 0;) {
    let end = at
    for (let next = at; next < changes.length && next - end <= context * 2; next++) if (changes[next]?.kind !== ' ') end = next
    const from = Math.max(at - context, 0)
    const hunk = changes.slice(from, end + context + 1)
    const before = (kind: '-' | '+') => changes.slice(0, from).filter((each) => each.kind === ' ' || each.kind === kind).length + 1
    const count = (kind: '-' | '+') => hunk.filter((each) => each.kind === ' ' || each.kind === kind).length
    text += `@@ -${span(before('-'), count('-'))} +${span(before('+'), count('+'))} @@\n${hunk.map(({ kind, line }) => `${kind}${line}\n`).join('')}`
    const rest = changes.slice(end + 1).findIndex((each) => each.kind !== ' ')
    at = rest < 0 ? -1 : end + 1 + rest
  }
  return text
}

/** Plain `diff`: `2c2`, `3,4d2`, `5a6`. */
function normal(changes: readonly Change[]): string {
  let text = ''
  let [left, right] = [0, 0]
  for (let at = 0; at < changes.length;) {
    if (changes[at]?.kind === ' ') {
      left++
      right++
      at++
      continue
    }
    const run: Change[] = []
    while (at < changes.length && changes[at]?.kind !== ' ') run.push(changes[at++] ?? { kind: ' ', line: '' })
    const removed = run.filter((each) => each.kind === '-')
    const added = run.filter((each) => each.kind === '+')
    const range = (start: number, count: number) => (count <= 1 ? String(start + count) : `${start + 1},${start + count}`)
    const verb = removed.length === 0 ? 'a' : added.length === 0 ? 'd' : 'c'
    text += `${range(left, removed.length)}${verb}${range(right, added.length)}\n${removed.map((each) => `< ${each.line}\n`).join('')}${verb === 'c' ? '---\n' : ''}${added.map((each) => `> ${each.line}\n`).join('')}`
    left += removed.length
    right += added.length
  }
  return text
}

const linesIn = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

const diff: Command = async (run) => {
  const { flags, values, operands } = parseOptions(run.args, 'U')
  const [a, b] = operands
  if (a === undefined || b === undefined) throw new CommandError(`missing operand${a === undefined ? '' : ` after '${a}'`}`, 2)
  return compare(run, a, b, flags, values.get('U'))
}

async function compare(run: Run, a: string, b: string, flags: ReadonlySet<string>, given: string | undefined): Promise<number> {
  const { files } = run.machine
  const [left, right] = [files.stat(pathIn(run, a)), files.stat(pathIn(run, b))]
  if (left?.kind === 'directory' && right?.kind === 'directory') {
    const names = [...new Set([...files.list(pathIn(run, a)), ...files.list(pathIn(run, b))])].toSorted()
    let status = 0
    for (const name of names) {
      const [x, y] = [`${a}/${name}`, `${b}/${name}`]
      const [inLeft, inRight] = [files.stat(pathIn(run, x)), files.stat(pathIn(run, y))]
      if (!inLeft || !inRight) {
        run.io.out.write(`Only in ${inLeft ? a : b}: ${name}\n`)
        status = 1
      } else if (inLeft.kind !== 'directory' || flags.has('r')) status = Math.max(status, await compare(run, x, y, flags, given))
    }
    return status
  }
  const text = async (file: string) => {
    try {
      return file === '-' ? await readAll(run, ['-']) : files.read(pathIn(run, file))
    } catch (error) {
      if (error instanceof FileError)
        throw new CommandError(
          run.machine.userland === 'debian' ? `${file}: ${error.message}` : `can't stat '${file}': ${error.message}`,
          2,
        )
      throw error
    }
  }
  const [x, y] = [await text(a), await text(b)]
  if (x === y) {
    if (flags.has('s')) run.io.out.write(`Files ${a} and ${b} are identical\n`)
    return 0
  }
  if (flags.has('q')) {
    run.io.out.write(`Files ${a} and ${b} differ\n`)
    return 1
  }
  const fold = (line: string) =>
    flags.has('w')
      ? line.replaceAll(/\s/g, '')
      : flags.has('b')
        ? line.replaceAll(/\s+/g, ' ').trimEnd()
        : flags.has('i')
          ? line.toLowerCase()
          : line
  const changes = changesOf(linesIn(x).map(fold), linesIn(y).map(fold))
  if (changes.every((each) => each.kind === ' ')) return 0
  // busybox's prints unified hunks without being asked.
  const hunks = flags.has('u') || given !== undefined || run.machine.userland !== 'debian'
  const head = (mark: string, file: string) => {
    const modified = files.stat(normalise(file, run.cwd))?.modified ?? run.machine.clock.now()
    return `${mark} ${file}${run.machine.userland === 'debian' ? `\t${new Date(modified).toISOString().replace('T', ' ').replace('Z', '000000 +0000')}` : ''}\n`
  }
  run.io.out.write(hunks ? head('---', a) + head('+++', b) + unified(changes, Number(given ?? 3)) : normal(changes))
  return 1
}

const cmp: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  const [a = '', b = '-'] = operands
  const [x, y] = [await readAll(run, [a]), await readAll(run, [b])]
  if (x === y) return 0
  let at = 0
  while (at < x.length && at < y.length && x[at] === y[at]) at++
  if (!flags.has('s')) {
    if (at === x.length || at === y.length) run.io.err.write(`cmp: EOF on ${at === x.length ? a : b}\n`)
    else
      run.io.out.write(
        `${a} ${b} differ: ${run.machine.userland === 'debian' ? 'byte' : 'char'} ${at + 1}, line ${x.slice(0, at).split('\n').length}\n`,
      )
  }
  return 1
}

/** `comm`: lines only here, only there, in both, of two sorted texts. */
const comm: Command = async (run) => {
  const { flags, operands } = parseOptions(run.args)
  const left = linesIn(await readAll(run, [operands[0] ?? '-']))
  const right = linesIn(await readAll(run, [operands[1] ?? '-']))
  const say = (column: 1 | 2 | 3, line: string) => {
    if (flags.has(String(column))) return
    const indent = [1, 2].filter((each) => each < column && !flags.has(String(each))).length
    run.io.out.write(`${'\t'.repeat(indent)}${line}\n`)
  }
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [x, y] = [left[i], right[j]]
    if (x !== undefined && x === y) {
      say(3, x)
      i++
      j++
    } else if (y === undefined || (x !== undefined && x < y)) {
      say(1, x ?? '')
      i++
    } else {
      say(2, y)
      j++
    }
  }
  return 0
}

export const comparingCommands: Record<string, Command> = { diff, cmp, comm }
