/**
 * Why a text is no JSON, in the words of Go's decoder; undefined when it is.
 * Source: go, encoding/json scanner.go
 */
export function jsonMistake(text: string): string | undefined {
  try {
    const scanner = new Scanner(text)
    scanner.value()
    scanner.end()
    return undefined
  } catch (error) {
    if (error instanceof Mistake) return error.message
    throw error
  }
}

class Mistake extends Error {}

/** Objects and arrays are kept on a stack of its own: what is nested a thousand times deep is no trouble. */
class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): void {
    const open: ('{' | '[')[] = []
    for (;;) {
      const opened = this.#begin()
      if (opened !== undefined) {
        open.push(opened)
        if (!this.#closes(opened === '{' ? '}' : ']')) {
          if (opened === '{') this.#key()
          continue
        }
        open.pop()
      }
      if (!this.#goesOn(open)) return
    }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) this.#refuse('after top-level value')
  }

  /** After a value: closes what ends here. @returns whether another value follows */
  #goesOn(open: ('{' | '[')[]): boolean {
    for (let inside = open.at(-1); inside !== undefined; inside = open.at(-1)) {
      this.#space()
      const next = this.#text[this.#at]
      if (next === ',') {
        this.#at++
        if (inside === '{') this.#key()
        return true
      }
      if (next !== (inside === '{' ? '}' : ']')) this.#refuse(inside === '{' ? 'after object key:value pair' : 'after array element')
      this.#at++
      open.pop()
    }
    return false
  }

  /** One plain value, or the bracket that opens another. */
  #begin(): '{' | '[' | undefined {
    this.#space()
    const next = this.#text[this.#at]
    if (next === '{' || next === '[') {
      this.#at++
      return next
    }
    if (next === '"') this.#string()
    else if (next !== undefined && /[-0-9]/.test(next)) this.#number()
    else {
      const literal = ['true', 'false', 'null'].find((word) => word[0] === next)
      if (literal === undefined) this.#refuse('looking for beginning of value')
      else this.#literal(literal)
    }
    return undefined
  }

  #closes(bracket: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== bracket) return false
    this.#at++
    return true
  }

  #key(): void {
    this.#space()
    if (this.#text[this.#at] !== '"') this.#refuse('looking for beginning of object key string')
    this.#string()
    this.#space()
    if (this.#text[this.#at] !== ':') this.#refuse('after object key')
    this.#at++
  }

  #string(): void {
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      const character = this.#text[this.#at]
      if (character === undefined || character < ' ') this.#refuse('in string literal')
      if (character !== '\\') continue
      const escaped = this.#text[++this.#at]
      if (escaped === undefined || !'bfnrt\\/"u'.includes(escaped)) this.#refuse('in string escape code')
      if (escaped === 'u') this.#hexadecimal()
    }
    this.#at++
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++
    if (!/[0-9]/.test(this.#text[this.#at] ?? '')) this.#refuse('in numeric literal')
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    if (this.#text[this.#at] === '.') this.#fraction('after decimal point in numeric literal')
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      if (/[-+]/.test(this.#text[this.#at + 1] ?? '')) this.#at++
      this.#fraction('in exponent of numeric literal')
    }
  }

  #fraction(where: string): void {
    this.#at++
    if (!/[0-9]/.test(this.#text[this.#at] ?? '')) this.#refuse(where)
    this.#digits()
  }

  #digits(): void {
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) this.#refuse(`in literal ${word} (expecting '${letter}')`)
      this.#at++
    }
  }

  #hexadecimal(): void {
    for (let digit = 0; digit < 4; digit++)
      if (!/[0-9a-fA-F]/.test(this.#text[++this.#at] ?? '')) this.#refuse('in \\u hexadecimal character escape')
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #refuse(where: string): never {
    const character = this.#text[this.#at]
    throw new Mistake(character === undefined ? 'unexpected end of JSON input' : `invalid character ${quoted(character)} ${where}`)
  }
}

function quoted(character: string): string {
  if (character === "'") return `'\\''`
  if (character === '"') return `'"'`
  const code = character.charCodeAt(0)
  if (code >= 0x20 && code !== 0x7f) return `'${character === '\\' ? '\\\\' : character}'`
  const short = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' }[code]
  return short ? `'\\${short}'` : `'\\x${code.toString(16).padStart(2, '0')}'`
}
