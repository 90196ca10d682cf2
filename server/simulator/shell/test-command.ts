import { normalise } from './files.ts'
import type { FileTree } from './files.ts'

/** `test` and `[` (POSIX): 0 true, 1 false, 2 wrong usage. */
export function evaluateTest(args: readonly string[], files: FileTree, cwd: string): number {
  const test = new TestParser(args, files, cwd)
  return test.or() ? 0 : 1
}

class TestParser {
  #at = 0
  readonly #args: readonly string[]
  readonly #files: FileTree
  readonly #cwd: string

  constructor(args: readonly string[], files: FileTree, cwd: string) {
    this.#args = args
    this.#files = files
    this.#cwd = cwd
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
    if (/^-[a-zA-Z]$/.test(first) && second !== undefined) {
      this.#at += 2
      return this.#unary(first, second)
    }
    this.#at++
    return first !== ''
  }

  #unary(operator: string, operand: string): boolean {
    if (operator === '-n') return operand !== ''
    if (operator === '-z') return operand === ''
    if (operator === '-t') return false
    const entry = this.#files.stat(normalise(operand, this.#cwd), operator !== '-L' && operator !== '-h')
    if (operator === '-f') return entry?.kind === 'file'
    if (operator === '-d') return entry?.kind === 'directory'
    if (operator === '-L' || operator === '-h') return entry?.kind === 'link'
    if (operator === '-s') return entry?.kind === 'file' && entry.content !== ''
    if (operator === '-x') return entry?.kind === 'directory' || (entry?.kind === 'file' && (entry.mode & 0o111) !== 0)
    if (operator === '-b' || operator === '-c' || operator === '-p' || operator === '-S') return false
    return entry !== undefined
  }

  #binary(left: string, operator: string, right: string): boolean {
    if (operator === '=' || operator === '==') return left === right
    if (operator === '!=') return left !== right
    if (operator === '<') return left < right
    if (operator === '>') return left > right
    const a = Number(left)
    const b = Number(right)
    if (operator === '-eq') return a === b
    if (operator === '-ne') return a !== b
    if (operator === '-lt') return a < b
    if (operator === '-le') return a <= b
    if (operator === '-gt') return a > b
    return a >= b
  }
}

function isBinary(operator: string): boolean {
  return ['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge'].includes(operator)
}
