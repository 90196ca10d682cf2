import type { Dialect } from './dialect.ts'
import { normalise } from './files.ts'
import type { FileTree } from './files.ts'
import { CommandError } from './machine.ts'

/** `test` and `[` (POSIX): 0 true, 1 false, 2 wrong usage. */
export function evaluateTest(args: readonly string[], files: FileTree, cwd: string, dialect: Dialect = 'ash'): number {
  const test = new TestParser(args, files, cwd, dialect)
  const value = test.or()
  if (test.rest !== undefined) throw new CommandError(dialect === 'bash' ? 'too many arguments' : `${test.rest}: unknown operand`, 2)
  return value ? 0 : 1
}

class TestParser {
  #at = 0
  readonly #args: readonly string[]
  readonly #files: FileTree
  readonly #cwd: string
  readonly #dialect: Dialect

  constructor(args: readonly string[], files: FileTree, cwd: string, dialect: Dialect) {
    this.#dialect = dialect
    this.#args = args
    this.#files = files
    this.#cwd = cwd
  }

  /** The first word that was not understood. */
  get rest(): string | undefined {
    return this.#args[this.#at]
  }

  or(): boolean {
    let value = this.#and()
    while (this.#args[this.#at] === '-o') {
      this.#at++
      const right = this.#and()
      value = value || right
    }
    return value
  }

  #and(): boolean {
    let value = this.#not()
    while (this.#args[this.#at] === '-a') {
      this.#at++
      const right = this.#not()
      value = value && right
    }
    return value
  }

  #not(): boolean {
    if (this.#args[this.#at] === '!' && this.#args.length - this.#at > 1) {
      this.#at++
      return !this.#not()
    }
    return this.#primary()
  }

  #primary(): boolean {
    const [first, second, third] = this.#args.slice(this.#at, this.#at + 3)
    if (first === undefined) return false
    if (second !== undefined && third !== undefined && isBinary(second)) {
      this.#at += 3
      return this.#binary(first, second, third)
    }
    if (first === '(') {
      this.#at++
      const value = this.or()
      this.#at++
      return value
    }
    if (/^-[a-zA-Z]$/.test(first) && second !== undefined && second !== ')') {
      this.#at += 2
      return this.#unary(first, second)
    }
    this.#at++
    return first !== ''
  }

  #unary(operator: string, operand: string): boolean {
    return unaryTest(operator, operand, this.#files, this.#cwd)
  }

  #binary(left: string, operator: string, right: string): boolean {
    if (operator === '=' || operator === '==') return left === right
    if (operator === '!=') return left !== right
    if (operator === '<') return left < right
    if (operator === '>') return left > right
    if (/^-[no]t$/.test(operator)) {
      const [a, b] = [left, right].map((path) => this.#files.stat(normalise(path, this.#cwd))?.modified ?? -1)
      return operator === '-nt' ? (a ?? 0) > (b ?? 0) : (a ?? 0) < (b ?? 0)
    }
    const wrong = [left, right].find((text) => !/^\s*[-+]?\d+\s*$/.test(text))
    if (wrong !== undefined)
      throw new CommandError(
        this.#dialect === 'bash'
          ? `${wrong}: integer expression expected`
          : this.#dialect === 'dash'
            ? `Illegal number: ${wrong}`
            : `${wrong}: bad number`,
        2,
      )
    return compareTest(operator, Number(left), Number(right))
  }
}

/** `-f FILE` and its like. */
export function unaryTest(operator: string, operand: string, files: FileTree, cwd: string): boolean {
  if (operator === '-n') return operand !== ''
  if (operator === '-z') return operand === ''
  if (operator === '-t') return false
  const path = normalise(operand, cwd)
  if (operand === '') return false
  const entry = files.stat(path, operator !== '-L' && operator !== '-h')
  if (operator === '-L' || operator === '-h') return entry?.kind === 'link'
  if (operator === '-c') return isDevice(path)
  if (operator === '-f') return entry?.kind === 'file' && !isDevice(path)
  if (operator === '-d') return entry?.kind === 'directory'
  if (operator === '-s') return entry?.kind === 'directory' || (entry?.kind === 'file' && entry.content !== '')
  if (operator === '-r') return entry !== undefined && files.allows(path, 'r')
  if (operator === '-w') return entry !== undefined && files.allows(path, 'w')
  if (operator === '-x') return entry !== undefined && files.allows(path, 'x')
  if (operator === '-u' || operator === '-g' || operator === '-k') return false
  if (operator === '-b' || operator === '-p' || operator === '-S') return false
  return entry !== undefined
}

const isDevice = (path: string) => /^\/dev\/(null|zero|full|random|urandom|tty)$/.test(path)

/** `-eq` and its like. */
export function compareTest(operator: string, a: number, b: number): boolean {
  if (operator === '-eq') return a === b
  if (operator === '-ne') return a !== b
  if (operator === '-lt') return a < b
  if (operator === '-le') return a <= b
  if (operator === '-gt') return a > b
  return a >= b
}

function isBinary(operator: string): boolean {
  return ['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot'].includes(operator)
}
