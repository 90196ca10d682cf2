import { labelValue, qualifiedName } from '../resources/names.ts'

/** Label and field selectors as queries write them. @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */

type Labels = { readonly [key: string]: string } | undefined
type Requirement = (labels: Labels) => boolean

/** What is wrong with a selector, in apimachinery's words. */
export class SelectorError extends Error {}

/** @throws SelectorError */
export function parseLabelSelector(text: string): (labels: Labels) => boolean {
  const requirements = new LabelParser(text).parse()
  return (labels) => requirements.every((requirement) => requirement(labels))
}

const WORD = /[^\s,!=<>()]+/y
const OPERATORS = ['==', '!=', '=', '(', ')', ',', '!', '>', '<']

class LabelParser {
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    let index = 0
    while (index < text.length) {
      if (/\s/.test(text[index] ?? '')) {
        index++
        continue
      }
      const operator = OPERATORS.find((candidate) => text.startsWith(candidate, index))
      WORD.lastIndex = index
      const token = operator ?? WORD.exec(text)?.[0] ?? text.slice(index, index + 1)
      this.#tokens.push(token)
      index += token.length
    }
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = []
    if (this.#tokens.length === 0) return requirements
    for (;;) {
      const token = this.#peek()
      if (token !== '!' && !isWord(token)) throw new SelectorError(`found '${token}', expected: !, identifier, or 'end of string'`)
      requirements.push(this.#requirement())
      const next = this.#take()
      if (next === '') return requirements
      if (next !== ',') throw new SelectorError(`found '${next}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after !== '!' && !isWord(after)) throw new SelectorError(`found '${after}', expected: identifier after ','`)
    }
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#take()
      const key = this.#take()
      if (!isWord(key)) throw this.#unparsable(`found '${key}', expected: identifier`)
      this.#checkKey(key)
      return (labels) => labels?.[key] === undefined
    }
    const key = this.#take()
    this.#checkKey(key)
    const operator = this.#peek()
    if (operator === '' || operator === ',') return (labels) => labels?.[key] !== undefined
    this.#take()
    if (operator === '=' || operator === '==') return this.#equals(key, false)
    if (operator === '!=') return this.#equals(key, true)
    if (operator === 'in' || operator === 'notin') return this.#within(key, operator === 'notin')
    if (operator === '>' || operator === '<') {
      const asked = this.#take()
      if (!isWord(asked)) throw this.#unparsable(`found '${asked}', expected: identifier`)
      const integer = /^[-+]?\d+$/.test(asked) ? [] : ["for 'Gt', 'Lt' operators, the value must be an integer"]
      this.#refuse([...integer.map((why) => `values[0]: Invalid value: ${JSON.stringify(asked)}: ${why}`), ...valueErrors(key, [asked])])
      const bound = Number(asked)
      return (labels) => (operator === '>' ? Number(labels?.[key]) > bound : Number(labels?.[key]) < bound)
    }
    throw this.#unparsable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
  }

  #equals(key: string, negative: boolean): Requirement {
    const next = this.#peek()
    const value = isWord(next) ? this.#take() : ''
    if (value === '' && next !== '' && next !== ',') throw this.#unparsable(`found '${next}', expected: identifier`)
    this.#refuse(valueErrors(key, [value]))
    return (labels) => (labels?.[key] === value) !== negative
  }

  #within(key: string, negative: boolean): Requirement {
    const open = this.#take()
    if (open !== '(') throw this.#unparsable(`found '${open}' expected: '('`)
    const values: string[] = []
    for (;;) {
      const token = this.#take()
      if (isWord(token)) values.push(token)
      else if (token === ')' && values.length === 0) values.push('')
      else if (token !== ',' && token !== ')') throw this.#unparsable(`found '${token}', expected: ',', ')' or identifier`)
      if (token === ')') break
      if (!isWord(token)) continue
      const after = this.#take()
      if (after === ')') break
      if (after !== ',') throw this.#unparsable(`found '${after}', expected: ',' or ')'`)
    }
    this.#refuse(valueErrors(key, [...new Set(values)].toSorted()))
    return (labels) => {
      const value = labels?.[key]
      return negative ? value === undefined || !values.includes(value) : value !== undefined && values.includes(value)
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? ''
  }

  /** Nobody has told the parser what field it reads, and it says so. */
  #checkKey(key: string): void {
    const errors = qualifiedName(key)
    if (errors.length > 0) throw this.#unparsable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`)
  }

  #refuse(errors: readonly string[]): void {
    const [only] = errors
    if (only !== undefined) throw this.#unparsable(errors.length === 1 ? only : `[${errors.join(', ')}]`)
  }

  #unparsable(why: string): SelectorError {
    return new SelectorError(`unable to parse requirement: ${why}`)
  }
}

function isWord(token: string): boolean {
  return token !== '' && !OPERATORS.includes(token)
}

/** Source: k8s.io/apimachinery, labels/selector.go NewRequirement */
function valueErrors(key: string, values: readonly string[]): readonly string[] {
  return values.flatMap((value, index) => {
    const errors = labelValue(value)
    return errors.length > 0 ? [`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${errors.join('; ')}`] : []
  })
}

export interface FieldRequirement {
  readonly field: string
  readonly value: string
  readonly negative: boolean
}

/** @throws SelectorError */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  return text
    .split(/(?<!\\),/)
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(.*?)(!=|==|=)(.*)$/.exec(part)
      if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`)
      const [, field = '', operator = '', value = ''] = match
      return { field, value: value.replaceAll(/\\([,=\\])/g, '$1'), negative: operator === '!=' }
    })
}
