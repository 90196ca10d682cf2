/** A jq program, as far as it is simulated. https://jqlang.org/manual/ */
export type Filter =
  | { readonly kind: 'identity' | 'descend' }
  | { readonly kind: 'field'; readonly of: Filter; readonly name: Filter }
  | { readonly kind: 'slice'; readonly of: Filter; readonly from: Filter | undefined; readonly to: Filter | undefined }
  | { readonly kind: 'each' | 'try'; readonly of: Filter }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'text'; readonly parts: readonly (string | Filter)[]; readonly format: string | undefined }
  | { readonly kind: 'array'; readonly of: Filter | undefined }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [name: Filter, value: Filter])[] }
  | { readonly kind: 'variable' | 'format'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Filter[] }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'bind'; readonly of: Filter; readonly name: string; readonly body: Filter }
  | { readonly kind: 'if'; readonly when: Filter; readonly yes: Filter; readonly otherwise: Filter }
  | { readonly kind: 'reduce'; readonly of: Filter; readonly name: string; readonly start: Filter; readonly update: Filter }

export class JqSyntaxError extends Error {}

const token =
  /\s*(?:#[^\n]*)?(\.\.|\?\/\/|\/\/|==|!=|<=|>=|[|,.[\](){}:;?=<>+\-*/%]|"|\$?[A-Za-z_]\w*|@[a-z\d]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y

/** How tightly operators bind, loosest first. */
const levels: readonly (readonly string[])[] = [['//'], ['or'], ['and'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']]
const mostDepth = 60

class Parser {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  program(): Filter {
    if (this.#peek() === undefined) return { kind: 'identity' }
    const filter = this.#pipe()
    if (this.#peek() !== undefined) this.#fail()
    return filter
  }

  #fail(): never {
    throw new JqSyntaxError(`syntax error, unexpected ${this.#peek() ?? 'end of file'}`)
  }

  #peek(): string | undefined {
    token.lastIndex = this.#at
    const found = token.exec(this.#source)
    if (!found && this.#source.slice(this.#at).trim() !== '') throw new JqSyntaxError('syntax error, unexpected INVALID_CHARACTER')
    return found?.[1]
  }

  #next(): string | undefined {
    const found = this.#peek()
    if (found !== undefined) this.#at = token.lastIndex
    return found
  }

  #take(text: string): boolean {
    if (this.#peek() !== text) return false
    this.#next()
    return true
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail()
  }

  #pipe(): Filter {
    if (++this.#depth > mostDepth) throw new JqSyntaxError('too deeply nested')
    let left = this.#comma()
    if (this.#take('as')) {
      const name = this.#next() ?? ''
      if (!name.startsWith('$')) this.#fail()
      this.#expect('|')
      left = { kind: 'bind', of: left, name, body: this.#pipe() }
    } else if (this.#take('|')) left = { kind: 'binary', operator: '|', left, right: this.#pipe() }
    this.#depth--
    return left
  }

  #comma(): Filter {
    let left = this.#level(0)
    while (this.#take(',')) left = { kind: 'binary', operator: ',', left, right: this.#level(0) }
    return left
  }

  #level(level: number): Filter {
    const operators = levels[level]
    if (!operators) return this.#postfix()
    let left = this.#level(level + 1)
    for (let operator = this.#peek(); operator !== undefined && operators.includes(operator); operator = this.#peek()) {
      this.#next()
      left = { kind: 'binary', operator, left, right: this.#level(operator === '//' ? level : level + 1) }
    }
    return left
  }

  #postfix(): Filter {
    let filter = this.#term()
    for (;;) {
      const rest = this.#source.slice(this.#at)
      if (this.#take('?')) filter = { kind: 'try', of: filter }
      else if (this.#peek() === '[') filter = this.#index(filter)
      else if (/^\.["[A-Za-z_]/.test(rest)) {
        this.#next()
        if (this.#peek() === '[') filter = this.#index(filter)
        else filter = { kind: 'field', of: filter, name: this.#name() }
      } else return filter
    }
  }

  /** A name after a dot, or a text. */
  #name(): Filter {
    const word = this.#next() ?? ''
    if (word === '"') return this.#text(undefined)
    if (!/^[A-Za-z_]/.test(word)) this.#fail()
    return { kind: 'literal', value: word }
  }

  #index(of: Filter): Filter {
    this.#expect('[')
    if (this.#take(']')) return { kind: 'each', of }
    const from = this.#peek() === ':' ? undefined : this.#pipe()
    if (this.#take(':')) {
      const to = this.#peek() === ']' ? undefined : this.#pipe()
      this.#expect(']')
      return { kind: 'slice', of, from, to }
    }
    this.#expect(']')
    return { kind: 'field', of, name: from ?? { kind: 'identity' } }
  }

  #text(format: string | undefined): Filter {
    const parts: (string | Filter)[] = []
    let text = ''
    for (;;) {
      const char = this.#source[this.#at++]
      if (char === undefined) throw new JqSyntaxError('syntax error, unterminated string literal')
      if (char === '"') break
      if (char !== '\\') {
        text += char
        continue
      }
      const escaped = this.#source[this.#at++] ?? ''
      if (escaped === '(') {
        parts.push(text, this.#pipe())
        text = ''
        this.#expect(')')
      } else if (escaped === 'u') {
        text += String.fromCharCode(Number.parseInt(this.#source.slice(this.#at, this.#at + 4), 16))
        this.#at += 4
      } else text += { n: '\n', t: '\t', r: '\r' }[escaped] ?? escaped
    }
    return { kind: 'text', parts: [...parts, text], format }
  }

  #term(): Filter {
    const word = this.#next()
    if (word === undefined) return this.#fail()
    if (word === '..') return { kind: 'descend' }
    if (word === '.') {
      if (/^["A-Za-z_]/.test(this.#source.slice(this.#at))) return { kind: 'field', of: { kind: 'identity' }, name: this.#name() }
      return { kind: 'identity' }
    }
    if (word === '"') return this.#text(undefined)
    if (word.startsWith('@')) return this.#take('"') ? this.#text(word) : { kind: 'format', name: word }
    if (/^\d/.test(word)) return { kind: 'literal', value: Number(word) }
    if (word === '-') return { kind: 'binary', operator: '-', left: { kind: 'literal', value: 0 }, right: this.#postfix() }
    if (word.startsWith('$')) return { kind: 'variable', name: word }
    if (word === '(') {
      const inner = this.#pipe()
      this.#expect(')')
      return inner
    }
    if (word === '[') {
      if (this.#take(']')) return { kind: 'array', of: undefined }
      const of = this.#pipe()
      this.#expect(']')
      return { kind: 'array', of }
    }
    if (word === '{') return this.#object()
    if (word === 'if') return this.#if()
    if (word === 'reduce') return this.#reduce()
    if (word === 'true' || word === 'false' || word === 'null') return { kind: 'literal', value: word === 'null' ? null : word === 'true' }
    if (!/^[A-Za-z_]/.test(word)) throw new JqSyntaxError(`syntax error, unexpected '${word}'`)
    const args: Filter[] = []
    if (this.#take('(')) {
      do args.push(this.#pipe())
      while (this.#take(';'))
      this.#expect(')')
    }
    return { kind: 'call', name: word, args }
  }

  #if(): Filter {
    const when = this.#pipe()
    this.#expect('then')
    const yes = this.#pipe()
    if (this.#take('elif')) return { kind: 'if', when, yes, otherwise: this.#if() }
    const otherwise = this.#take('else') ? this.#pipe() : ({ kind: 'identity' } as const)
    this.#expect('end')
    return { kind: 'if', when, yes, otherwise }
  }

  #reduce(): Filter {
    const of = this.#postfix()
    this.#expect('as')
    const name = this.#next() ?? ''
    this.#expect('(')
    const start = this.#pipe()
    this.#expect(';')
    const update = this.#pipe()
    this.#expect(')')
    return { kind: 'reduce', of, name, start, update }
  }

  #object(): Filter {
    const entries: [Filter, Filter][] = []
    while (!this.#take('}')) {
      if (entries.length > 0) this.#expect(',')
      const word = this.#peek() ?? ''
      if (word.startsWith('$')) {
        this.#next()
        entries.push([
          { kind: 'literal', value: word.slice(1) },
          { kind: 'variable', name: word },
        ])
        continue
      }
      let name: Filter
      if (this.#take('(')) {
        name = this.#pipe()
        this.#expect(')')
      } else name = this.#name()
      // Values end at a comma: another entry follows.
      if (this.#take(':')) entries.push([name, this.#value()])
      else entries.push([name, { kind: 'field', of: { kind: 'identity' }, name }])
    }
    return { kind: 'object', entries }
  }

  #value(): Filter {
    const left = this.#level(0)
    return this.#take('|') ? { kind: 'binary', operator: '|', left, right: this.#value() } : left
  }
}

/** @throws JqSyntaxError */
export const parseJq = (source: string): Filter => new Parser(source).program()
