import { CommandError } from '../machine.ts'
import { unescape } from './printing.ts'

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'regex'; readonly source: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly index: Expression }
  | { readonly kind: 'element'; readonly name: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'assign'; readonly target: Expression; readonly operator: string; readonly value: Expression }
  | { readonly kind: 'step'; readonly target: Expression; readonly by: 1 | -1; readonly before: boolean }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'in'; readonly keys: readonly Expression[]; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'group'; readonly parts: readonly Expression[] }

export type AwkStatement =
  | { readonly kind: 'block'; readonly body: readonly AwkStatement[] }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | {
      readonly kind: 'print'
      readonly format: boolean
      readonly args: readonly Expression[]
      readonly redirect?: string
      readonly target?: Expression
    }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: AwkStatement; readonly no?: AwkStatement }
  | {
      readonly kind: 'loop'
      readonly start?: AwkStatement
      readonly test?: Expression
      readonly step?: AwkStatement
      readonly body: AwkStatement
      readonly first: boolean
    }
  | { readonly kind: 'each'; readonly name: string; readonly of: string; readonly body: AwkStatement }
  | { readonly kind: 'delete'; readonly name: string; readonly keys: readonly Expression[] }
  | { readonly kind: 'leave'; readonly how: 'next' | 'exit' | 'break' | 'continue' | 'return'; readonly value?: Expression }

export interface AwkFunction {
  readonly parameters: readonly string[]
  readonly body: AwkStatement
}

export interface AwkRule {
  readonly pattern: 'BEGIN' | 'END' | Expression | undefined
  readonly until?: Expression
  readonly body: AwkStatement | undefined
}

export interface AwkProgram {
  readonly rules: readonly AwkRule[]
  readonly functions: ReadonlyMap<string, AwkFunction>
}

type Token = { readonly type: 'number' | 'text' | 'regex' | 'name' | 'call' | 'word' | 'mark' | 'newline' | 'end'; readonly text: string }

const words = new Set([
  'BEGIN',
  'END',
  'function',
  'func',
  'if',
  'else',
  'while',
  'for',
  'do',
  'in',
  'print',
  'printf',
  'next',
  'exit',
  'break',
  'continue',
  'return',
  'delete',
  'getline',
])
const builtinsWithoutParentheses = new Set(['length'])

function tokens(source: string): Token[] {
  const list: Token[] = []
  const pattern =
    /[ \t\r]+|\\\n|#[^\n]*|(\n)|(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|"((?:\\.|[^"\\])*)"|([A-Za-z_]\w*)(\()?|(\*\*=|\*\*|&&|\|\||[-+*/%^=!<>]=|\+\+|--|!~|>>|[-+*/%^!<>|?:~$=,;(){}[\]])/gsy
  while (pattern.lastIndex < source.length) {
    const last = list.at(-1)
    const operand =
      last &&
      (last.type === 'number' ||
        last.type === 'text' ||
        last.type === 'name' ||
        last.text === ')' ||
        last.text === ']' ||
        last.text === '$')
    if (source[pattern.lastIndex] === '/' && !operand) {
      const found = /\/((?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n[])*)\//y
      found.lastIndex = pattern.lastIndex
      const regex = found.exec(source)
      if (!regex) throw syntaxError(source.slice(pattern.lastIndex, pattern.lastIndex + 10))
      list.push({ type: 'regex', text: regex[1] ?? '' })
      pattern.lastIndex = found.lastIndex
      continue
    }
    const at = pattern.lastIndex
    const found = pattern.exec(source)
    if (!found) throw syntaxError(source.slice(at, at + 10))
    const [, newline, number, text, name, open, mark] = found
    if (newline) list.push({ type: 'newline', text: '\n' })
    else if (number !== undefined) list.push({ type: 'number', text: number })
    else if (text !== undefined) list.push({ type: 'text', text: unescape(text.replaceAll('\\/', '/').replaceAll('\\"', '"')) })
    else if (name !== undefined) {
      list.push({ type: words.has(name) ? 'word' : open ? 'call' : 'name', text: name })
      if (open) list.push({ type: 'mark', text: '(' })
    } else if (mark !== undefined) list.push({ type: 'mark', text: mark })
  }
  return [...list, { type: 'end', text: '' }]
}

const syntaxError = (near: string) =>
  new CommandError(`cmd. line:1: syntax error at or near ${near.trim() === '' ? 'end of file' : near.trim()}`, 2)

/** No program that somebody types nests deeper. */
const deepest = 200

class AwkParser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  /** Inside `print …` a bare `>` redirects. */
  #printing = false
  readonly functions = new Map<string, AwkFunction>()

  constructor(source: string) {
    this.#tokens = tokens(source)
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', text: '' }
  }

  #is(...texts: readonly string[]): boolean {
    const { type, text } = this.#token
    return (type === 'mark' || type === 'word' || type === 'newline') && texts.includes(text)
  }

  #take(...texts: readonly string[]): string | undefined {
    if (!this.#is(...texts)) return undefined
    return this.#tokens[this.#at++]?.text
  }

  #need(text: string): void {
    if (this.#take(text) === undefined) throw syntaxError(this.#token.text)
  }

  #lines(): void {
    while (this.#take('\n', ';')) continue
  }

  program(): AwkRule[] {
    const rules: AwkRule[] = []
    for (this.#lines(); this.#token.type !== 'end'; this.#lines()) {
      if (this.#take('function', 'func')) this.#function()
      else rules.push(this.#rule())
    }
    return rules
  }

  #function(): void {
    const name = this.#tokens[this.#at++]?.text ?? ''
    this.#need('(')
    const parameters: string[] = []
    while (!this.#is(')')) {
      parameters.push(this.#tokens[this.#at++]?.text ?? '')
      this.#take(',')
      if (this.#token.type === 'end') throw syntaxError('')
    }
    this.#need(')')
    while (this.#take('\n')) continue
    this.functions.set(name, { parameters, body: this.#block() })
  }

  #rule(): AwkRule {
    const named = this.#take('BEGIN', 'END')
    if (named === 'BEGIN' || named === 'END') return { pattern: named, body: this.#block() }
    const pattern = this.#is('{') ? undefined : this.#expression()
    const until = this.#take(',') ? this.#expression() : undefined
    return { pattern, ...(until ? { until } : {}), body: this.#is('{') ? this.#block() : undefined }
  }

  #block(): AwkStatement {
    this.#need('{')
    const body: AwkStatement[] = []
    for (this.#lines(); !this.#is('}'); this.#lines()) {
      if (this.#token.type === 'end') throw syntaxError('')
      body.push(this.#statement())
    }
    this.#need('}')
    return { kind: 'block', body }
  }

  #statement(): AwkStatement {
    if (++this.#depth > deepest) throw syntaxError('too deep')
    try {
      return this.#oneStatement()
    } finally {
      this.#depth--
    }
  }

  #body(): AwkStatement {
    while (this.#take('\n')) continue
    if (this.#take(';')) return { kind: 'block', body: [] }
    return this.#statement()
  }

  #oneStatement(): AwkStatement {
    if (this.#is('{')) return this.#block()
    if (this.#take('if')) {
      this.#need('(')
      const test = this.#expression()
      this.#need(')')
      const yes = this.#body()
      const mark = this.#at
      this.#lines()
      if (this.#take('else')) return { kind: 'if', test, yes, no: this.#body() }
      this.#at = mark
      return { kind: 'if', test, yes }
    }
    if (this.#take('while')) {
      this.#need('(')
      const test = this.#expression()
      this.#need(')')
      return { kind: 'loop', test, body: this.#body(), first: false }
    }
    if (this.#take('do')) {
      const body = this.#body()
      this.#lines()
      this.#need('while')
      this.#need('(')
      const test = this.#expression()
      this.#need(')')
      return { kind: 'loop', test, body, first: true }
    }
    if (this.#take('for')) return this.#for()
    return this.#simple()
  }

  #for(): AwkStatement {
    this.#need('(')
    const [name, inside, of, close] = this.#tokens.slice(this.#at, this.#at + 4)
    if (name?.type === 'name' && inside?.text === 'in' && of && close?.text === ')') {
      this.#at += 4
      return { kind: 'each', name: name.text, of: of.text, body: this.#body() }
    }
    const start = this.#is(';') ? undefined : this.#simple()
    this.#need(';')
    const test = this.#is(';') ? undefined : this.#expression()
    this.#need(';')
    const step = this.#is(')') ? undefined : this.#simple()
    this.#need(')')
    return {
      kind: 'loop',
      ...(start ? { start } : {}),
      ...(test ? { test } : {}),
      ...(step ? { step } : {}),
      body: this.#body(),
      first: false,
    }
  }

  #simple(): AwkStatement {
    const printed = this.#take('print', 'printf')
    if (printed) return this.#print(printed === 'printf')
    const left = this.#take('next', 'exit', 'break', 'continue', 'return')
    if (left) {
      const bare = this.#is(';', '}', '\n') || this.#token.type === 'end'
      return { kind: 'leave', how: left as 'next', ...(bare ? {} : { value: this.#expression() }) }
    }
    if (this.#take('delete')) {
      const name = this.#tokens[this.#at++]?.text ?? ''
      return { kind: 'delete', name, keys: this.#take('[') ? this.#list(']') : [] }
    }
    return { kind: 'expression', expression: this.#expression() }
  }

  #print(format: boolean): AwkStatement {
    this.#printing = true
    const args: Expression[] = []
    if (!this.#is(';', '}', '\n', '>', '>>', '|') && this.#token.type !== 'end') {
      args.push(this.#expression())
      while (this.#take(',')) args.push(this.#expression())
    }
    this.#printing = false
    const redirect = this.#take('>', '>>', '|')
    const only = args[0]
    const shown = args.length === 1 && only?.kind === 'group' ? only.parts : args
    return { kind: 'print', format, args: shown, ...(redirect ? { redirect, target: this.#concatenation() } : {}) }
  }

  #list(end: string): Expression[] {
    const list: Expression[] = []
    const before = this.#printing
    this.#printing = false
    while (!this.#is(end)) {
      while (this.#take('\n')) continue
      list.push(this.#expression())
      if (!this.#take(',')) break
    }
    this.#need(end)
    this.#printing = before
    return list
  }

  #expression(): Expression {
    if (++this.#depth > deepest) throw syntaxError('too deep')
    try {
      return this.#assignment()
    } finally {
      this.#depth--
    }
  }

  #assignment(): Expression {
    const target = this.#choice()
    if (!['variable', 'field', 'element'].includes(target.kind)) return target
    const operator = this.#take('=', '+=', '-=', '*=', '/=', '%=', '^=', '**=')
    return operator ? { kind: 'assign', target, operator: operator === '**=' ? '^=' : operator, value: this.#expression() } : target
  }

  #choice(): Expression {
    const test = this.#or()
    if (!this.#take('?')) return test
    const yes = this.#expression()
    this.#need(':')
    return { kind: 'choice', test, yes, no: this.#expression() }
  }

  #chain(operators: readonly string[], next: () => Expression): Expression {
    let left = next()
    for (let operator = this.#take(...operators); operator; operator = this.#take(...operators)) {
      while (this.#take('\n')) continue
      left = { kind: 'binary', operator, left, right: next() }
    }
    return left
  }

  #or(): Expression {
    return this.#chain(['||'], () => this.#chain(['&&'], () => this.#membership()))
  }

  #membership(): Expression {
    let left = this.#match()
    while (this.#take('in'))
      left = { kind: 'in', keys: left.kind === 'group' ? left.parts : [left], name: this.#tokens[this.#at++]?.text ?? '' }
    return left
  }

  #match(): Expression {
    return this.#chain(['~', '!~'], () => this.#comparison())
  }

  #comparison(): Expression {
    const left = this.#concatenation()
    const operators = this.#printing ? ['<', '<=', '==', '!=', '>='] : ['<', '<=', '==', '!=', '>', '>=']
    const operator = this.#take(...operators)
    return operator ? { kind: 'binary', operator, left, right: this.#concatenation() } : left
  }

  #concatenation(): Expression {
    let left = this.#sum()
    while (this.#startsOperand()) left = { kind: 'binary', operator: ' ', left, right: this.#sum() }
    return left
  }

  #startsOperand(): boolean {
    const { type } = this.#token
    return (
      type === 'number' || type === 'text' || type === 'name' || type === 'call' || type === 'regex' || this.#is('$', '!', '(', '++', '--')
    )
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#unary()))
  }

  #unary(): Expression {
    const operator = this.#take('!', '-', '+')
    return operator ? { kind: 'unary', operator, operand: this.#unary() } : this.#power()
  }

  #power(): Expression {
    const left = this.#postfix()
    return this.#take('^', '**') ? { kind: 'binary', operator: '^', left, right: this.#unary() } : left
  }

  #postfix(): Expression {
    const target = this.#primary()
    if (!['variable', 'field', 'element'].includes(target.kind)) return target
    const step = this.#take('++', '--')
    return step ? { kind: 'step', target, by: step === '++' ? 1 : -1, before: false } : target
  }

  #primary(): Expression {
    const token = this.#token
    const step = this.#take('++', '--')
    if (step) return { kind: 'step', target: this.#primary(), by: step === '++' ? 1 : -1, before: true }
    if (this.#take('$')) return { kind: 'field', index: this.#is('++', '--', '-') ? this.#unary() : this.#primary() }
    if (this.#take('(')) {
      const parts = this.#list(')')
      const only = parts[0]
      return parts.length === 1 && only && only.kind !== 'variable' && only.kind !== 'element' && only.kind !== 'field'
        ? only
        : { kind: 'group', parts }
    }
    this.#at++
    switch (token.type) {
      case 'number':
        return { kind: 'number', value: Number(token.text) }
      case 'text':
        return { kind: 'text', value: token.text }
      case 'regex':
        return { kind: 'regex', source: token.text }
      case 'call':
        this.#need('(')
        return { kind: 'call', name: token.text, args: this.#list(')') }
      case 'name':
        if (builtinsWithoutParentheses.has(token.text)) return { kind: 'call', name: token.text, args: [] }
        return this.#take('[') ? { kind: 'element', name: token.text, keys: this.#list(']') } : { kind: 'variable', name: token.text }
      case 'word':
        if (token.text === 'getline') return { kind: 'call', name: 'getline', args: [] }
        throw syntaxError(token.text)
      default:
        throw syntaxError(token.text)
    }
  }
}

/** @throws CommandError where it is no awk */
export function parseAwk(source: string): AwkProgram {
  const parser = new AwkParser(source)
  return { rules: parser.program(), functions: parser.functions }
}
