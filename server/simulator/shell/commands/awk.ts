import { CommandError } from '../machine.ts'
import type { Command, Run } from '../machine.ts'
import { posixRegExp } from '../posix-regexp.ts'
import { parseAwk } from './awk-parser.ts'
import type { AwkProgram, AwkStatement, Expression } from './awk-parser.ts'
import { linesOf, parseOptions, pathIn } from './options.ts'
import { format, general, unescape } from './printing.ts'
import { strftime } from './dates.ts'

type Value = number | string
type Table = Map<string, Value>

/** Ways in which control leaves a rule. */
class Leave extends Error {
  readonly how: string
  readonly value: Value
  constructor(how: string, value: Value) {
    super(how)
    this.how = how
    this.value = value
  }
}

/** Longer than anything honest: a text that doubles in a loop ends here. */
const longest = 1_000_000
const deepestCall = 200

const looksNumeric = (text: string) => /^\s*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)\s*$/.test(text)

/** Text from input counts as a number where it looks like one (POSIX awk, strnum). */
class Input {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Held = Value | Input

class Awk {
  readonly #run: Run
  readonly #program: AwkProgram
  readonly #globals = new Map<string, Held>([
    ['FS', ' '],
    ['OFS', ' '],
    ['ORS', '\n'],
    ['NR', 0],
    ['FNR', 0],
    ['SUBSEP', '\u001c'],
    ['RSTART', 0],
    ['RLENGTH', -1],
    ['FILENAME', ''],
    ['CONVFMT', '%.6g'],
    ['OFMT', '%.6g'],
  ])
  readonly #tables = new Map<string, Table>()
  readonly #regexes = new Map<string, RegExp>()
  readonly #ranges = new Set<number>()
  readonly #piped = new Map<string, string>()
  readonly #written = new Set<string>()
  #fields: string[] = []
  #record = ''
  #locals: Map<string, Held | Table> | undefined
  #depth = 0
  #steps = 0
  #out = ''

  constructor(run: Run, program: AwkProgram) {
    this.#run = run
    this.#program = program
    this.#tables.set('ENVIRON', new Map(Object.entries(run.env)))
  }

  set(name: string, text: string): void {
    this.#globals.set(name, new Input(unescape(text)))
  }

  async run(files: readonly string[]): Promise<number> {
    let status = 0
    const { rules } = this.#program
    const safely = async (body: () => Promise<void>): Promise<boolean> => {
      try {
        await body()
      } catch (error) {
        if (!(error instanceof Leave)) throw error
        if (error.how === 'exit') {
          status = Math.trunc(this.#number(error.value)) & 0xff
          return false
        }
      }
      return true
    }
    const special = async (name: 'BEGIN' | 'END') => {
      for (const rule of rules) if (rule.pattern === name && rule.body && !(await safely(() => this.#perform(rule.body)))) return false
      return true
    }
    let goesOn = await special('BEGIN')
    if (goesOn && rules.some((rule) => rule.pattern !== 'BEGIN')) {
      for (const file of files.length > 0 ? files : ['-']) {
        const assigned = /^([A-Za-z_]\w*)=(.*)$/s.exec(file)
        if (assigned) {
          this.set(assigned[1] ?? '', assigned[2] ?? '')
          continue
        }
        this.#globals.set('FILENAME', file === '-' ? '' : file)
        this.#globals.set('FNR', 0)
        for await (const line of linesOf(this.#run, [file])) {
          this.#newRecord(line)
          goesOn = await safely(() => this.#rules())
          if (!goesOn) break
          await this.#flush(8192)
        }
        if (!goesOn) break
      }
    }
    await special('END')
    await this.#flush(0)
    for (const [command, text] of this.#piped) await this.#pipe(command, text)
    return status
  }

  async #flush(above: number): Promise<void> {
    if (this.#out.length <= above) return
    this.#run.io.out.write(this.#out)
    this.#out = ''
    await this.#run.io.out.ready?.(this.#run.process)
  }

  #newRecord(line: string): void {
    this.#globals.set('NR', this.#number(this.#globals.get('NR') ?? 0) + 1)
    this.#globals.set('FNR', this.#number(this.#globals.get('FNR') ?? 0) + 1)
    this.#setRecord(line)
  }

  #setRecord(line: string): void {
    this.#record = line
    this.#fields = this.#split(line, this.#text(this.#globals.get('FS') ?? ' '))
  }

  #split(line: string, separator: string): string[] {
    if (separator === ' ') return line.split(/[ \t\n]+/).filter((each) => each !== '')
    if (line === '') return []
    if (separator === '') return [...line]
    return separator.length === 1 ? line.split(separator) : line.split(this.#regex(separator))
  }

  async #rules(): Promise<void> {
    for (const [index, rule] of this.#program.rules.entries()) {
      if (rule.pattern === 'BEGIN' || rule.pattern === 'END') continue
      if (rule.until && rule.pattern) {
        if (!this.#ranges.has(index)) {
          if (!this.#true(await this.#value(rule.pattern))) continue
          this.#ranges.add(index)
        }
        if (this.#true(await this.#value(rule.until))) this.#ranges.delete(index)
      } else if (rule.pattern && !this.#true(await this.#value(rule.pattern))) continue
      if (rule.body) await this.#perform(rule.body)
      else this.#out += this.#record + this.#text(this.#globals.get('ORS') ?? '\n')
    }
  }

  async #perform(statement: AwkStatement | undefined): Promise<void> {
    if (!statement) return
    if (++this.#steps % 64 === 0) await this.#run.process.breathe()
    switch (statement.kind) {
      case 'block':
        for (const each of statement.body) await this.#perform(each)
        return
      case 'expression':
        await this.#value(statement.expression)
        return
      case 'print':
        return this.#print(statement)
      case 'if':
        return this.#perform(this.#true(await this.#value(statement.test)) ? statement.yes : statement.no)
      case 'loop': {
        await this.#perform(statement.start)
        for (let first = statement.first; first || !statement.test || this.#true(await this.#value(statement.test)); first = false) {
          if (!(await this.#turn(statement.body))) return
          await this.#perform(statement.step)
        }
        return
      }
      case 'each':
        for (const key of [...this.#table(statement.of).keys()]) {
          this.#assign({ kind: 'variable', name: statement.name }, new Input(key), '')
          if (!(await this.#turn(statement.body))) return
        }
        return
      case 'delete':
        if (statement.keys.length === 0) this.#table(statement.name).clear()
        else this.#table(statement.name).delete(await this.#key(statement.keys))
        return
      case 'leave':
        throw new Leave(statement.how, statement.value ? this.#plain(await this.#value(statement.value)) : 0)
    }
  }

  /** One turn of a loop. @returns whether it goes on */
  async #turn(body: AwkStatement): Promise<boolean> {
    try {
      await this.#perform(body)
    } catch (error) {
      if (!(error instanceof Leave) || (error.how !== 'break' && error.how !== 'continue')) throw error
      return error.how === 'continue'
    }
    return true
  }

  async #print(statement: Extract<AwkStatement, { kind: 'print' }>): Promise<void> {
    const values: string[] = []
    for (const arg of statement.args) values.push(this.#text(await this.#value(arg)))
    const [template = '', ...rest] = values
    const text = statement.format
      ? format(template, rest, false)
      : (values.length > 0 ? values.join(this.#text(this.#globals.get('OFS') ?? ' ')) : this.#record) +
        this.#text(this.#globals.get('ORS') ?? '\n')
    if (!statement.redirect || !statement.target) {
      this.#out += text
      return this.#flush(65_536)
    }
    const target = this.#text(await this.#value(statement.target))
    if (statement.redirect === '|') this.#piped.set(target, (this.#piped.get(target) ?? '') + text)
    else if (target === '/dev/stderr') this.#run.io.err.write(text)
    else if (target === '/dev/stdout') this.#out += text
    else {
      this.#run.machine.files.write(pathIn(this.#run, target), text, { append: statement.redirect === '>>' || this.#written.has(target) })
      this.#written.add(target)
    }
  }

  async #pipe(command: string, text: string): Promise<number> {
    this.#piped.delete(command)
    await this.#flush(0)
    let rest: string | undefined = text
    const input = { read: () => Promise.resolve(rest).finally(() => (rest = undefined)), unread: (back: string) => void (rest = back) }
    return this.#run.spawn(['sh', '-c', command], { io: { ...this.#run.io, in: input } })
  }

  #regex(source: string): RegExp {
    const known = this.#regexes.get(source) ?? posixRegExp(source, true)
    if (this.#regexes.size < 200) this.#regexes.set(source, known)
    return known
  }

  async #matcher(expression: Expression): Promise<RegExp> {
    return this.#regex(expression.kind === 'regex' ? expression.source : this.#text(await this.#value(expression)))
  }

  #table(name: string): Table {
    const local = this.#locals?.get(name)
    if (local instanceof Map) return local
    if (this.#locals?.has(name)) {
      const made: Table = new Map()
      this.#locals.set(name, made)
      return made
    }
    const known = this.#tables.get(name) ?? new Map<string, Value>()
    this.#tables.set(name, known)
    return known
  }

  async #key(keys: readonly Expression[]): Promise<string> {
    const parts: string[] = []
    for (const key of keys) parts.push(this.#text(await this.#value(key)))
    return parts.join(this.#text(this.#globals.get('SUBSEP') ?? ''))
  }

  #plain(value: Held): Value {
    return value instanceof Input ? value.text : value
  }

  #text(value: Held): string {
    if (typeof value === 'string') return value
    if (value instanceof Input) return value.text
    return Number.isInteger(value)
      ? String(value)
      : Number.isFinite(value)
        ? general(value, 6)
        : value > 0
          ? 'inf'
          : value < 0
            ? '-inf'
            : 'nan'
  }

  #number(value: Held): number {
    if (typeof value === 'number') return value
    return Number.parseFloat(value instanceof Input ? value.text : value) || 0
  }

  #true(value: Held): boolean {
    if (typeof value === 'number') return value !== 0
    if (value instanceof Input && looksNumeric(value.text)) return Number(value.text) !== 0
    return this.#text(value) !== ''
  }

  async #value(expression: Expression): Promise<Held> {
    switch (expression.kind) {
      case 'number':
      case 'text':
        return expression.value
      case 'regex':
        return Number(this.#regex(expression.source).test(this.#record))
      case 'variable': {
        if (expression.name === 'NF') return this.#fields.length
        const local = this.#locals?.get(expression.name)
        if (local !== undefined && !(local instanceof Map)) return local
        return this.#globals.get(expression.name) ?? new Input('')
      }
      case 'field':
        return this.#field(this.#number(await this.#value(expression.index)))
      case 'element': {
        const table = this.#table(expression.name)
        const key = await this.#key(expression.keys)
        const value = table.get(key)
        if (value === undefined) table.set(key, '')
        return value === undefined ? new Input('') : typeof value === 'string' && looksNumeric(value) ? new Input(value) : value
      }
      case 'assign':
        return this.#assignment(expression)
      case 'step': {
        const old = this.#number(await this.#value(expression.target))
        await this.#store(expression.target, old + expression.by)
        return expression.before ? old + expression.by : old
      }
      case 'unary': {
        const value = await this.#value(expression.operand)
        return expression.operator === '!'
          ? Number(!this.#true(value))
          : expression.operator === '-'
            ? -this.#number(value)
            : this.#number(value)
      }
      case 'binary':
        return this.#binary(expression)
      case 'choice':
        return this.#value(this.#true(await this.#value(expression.test)) ? expression.yes : expression.no)
      case 'in':
        return Number(this.#table(expression.name).has(await this.#key(expression.keys)))
      case 'group': {
        let last: Held = ''
        for (const part of expression.parts) last = await this.#value(part)
        return last
      }
      case 'call':
        return this.#call(expression.name, expression.args)
    }
  }

  #field(index: number): Held {
    if (index < 0) throw new CommandError('access to negative field', 2)
    return new Input(index === 0 ? this.#record : (this.#fields[Math.trunc(index) - 1] ?? ''))
  }

  async #assignment(expression: Extract<Expression, { kind: 'assign' }>): Promise<Held> {
    const right = await this.#value(expression.value)
    const operator = expression.operator.slice(0, -1)
    const value = operator === '' ? right : calculate(operator, this.#number(await this.#value(expression.target)), this.#number(right))
    await this.#store(expression.target, value)
    return value
  }

  async #store(target: Expression, value: Held): Promise<void> {
    if (target.kind === 'element') return this.#assign(target, value, await this.#key(target.keys))
    if (target.kind !== 'field') return this.#assign(target, value, '')
    const index = Math.trunc(this.#number(await this.#value(target.index)))
    if (index === 0) return this.#setRecord(this.#text(value))
    if (index < 0 || index > 10_000) throw new CommandError('access to negative field', 2)
    while (this.#fields.length < index) this.#fields.push('')
    this.#fields[index - 1] = this.#text(value)
    this.#record = this.#fields.join(this.#text(this.#globals.get('OFS') ?? ' '))
  }

  #assign(target: Expression, value: Held, key: string): void {
    if (typeof value === 'string' && value.length > longest) throw new CommandError('out of memory', 2)
    if (target.kind === 'element') {
      const table = this.#table(target.name)
      if (table.size > 200_000) throw new CommandError('out of memory', 2)
      table.set(key, this.#plain(value))
    } else if (target.kind === 'variable') {
      if (target.name === 'NF') {
        this.#fields.length = Math.min(this.#number(value), this.#fields.length)
        this.#record = this.#fields.join(this.#text(this.#globals.get('OFS') ?? ' '))
      } else if (this.#locals?.has(target.name)) this.#locals.set(target.name, value)
      else this.#globals.set(target.name, value)
    }
  }

  async #binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>): Promise<Held> {
    if (operator === '&&') return Number(this.#true(await this.#value(left)) && this.#true(await this.#value(right)))
    if (operator === '||') return Number(this.#true(await this.#value(left)) || this.#true(await this.#value(right)))
    if (operator === '~' || operator === '!~') {
      const text = this.#text(await this.#value(left)).slice(0, 10_000)
      return Number((await this.#matcher(right)).test(text) === (operator === '~'))
    }
    const a = await this.#value(left)
    const b = await this.#value(right)
    if (operator === ' ') return this.#text(a) + this.#text(b)
    if (!/^[<>=!]/.test(operator)) return calculate(operator, this.#number(a), this.#number(b))
    const numeric = (value: Held) =>
      typeof value === 'number' || (value instanceof Input && (looksNumeric(value.text) || value.text === ''))
    const [x, y]: readonly [Value, Value] = numeric(a) && numeric(b) ? [this.#number(a), this.#number(b)] : [this.#text(a), this.#text(b)]
    const order = x < y ? -1 : x > y ? 1 : 0
    return Number(
      { '<': order < 0, '<=': order <= 0, '==': order === 0, '!=': order !== 0, '>': order > 0, '>=': order >= 0 }[operator] ?? false,
    )
  }

  async #call(name: string, args: readonly Expression[]): Promise<Held> {
    const own = this.#program.functions.get(name)
    if (own) return this.#invoke(own.parameters, own.body, args)
    const [first, second, third] = args
    const text = async (arg: Expression | undefined) => (arg ? this.#text(await this.#value(arg)) : this.#record)
    const number = async (arg: Expression | undefined) => (arg ? this.#number(await this.#value(arg)) : 0)
    switch (name) {
      case 'length':
        if (first?.kind === 'variable' && this.#tables.has(first.name)) return this.#table(first.name).size
        return [...(await text(first))].length
      case 'substr': {
        const start = Math.round(await number(second)) - 1
        const whole = await text(first)
        const end = third ? start + Math.round(await number(third)) : whole.length
        return whole.slice(Math.max(start, 0), Math.max(end, 0))
      }
      case 'index':
        return (await text(first)).indexOf(await text(second)) + 1
      case 'tolower':
        return (await text(first)).toLowerCase()
      case 'toupper':
        return (await text(first)).toUpperCase()
      case 'int':
        return Math.trunc(await number(first))
      case 'sqrt':
        return Math.sqrt(await number(first))
      case 'exp':
        return Math.exp(await number(first))
      case 'log':
        return Math.log(await number(first))
      case 'sin':
        return Math.sin(await number(first))
      case 'cos':
        return Math.cos(await number(first))
      case 'atan2':
        return Math.atan2(await number(first), await number(second))
      case 'rand':
        return this.#run.machine.random()
      case 'srand':
        return 0
      case 'systime':
        return Math.floor(this.#run.machine.clock.now() / 1000)
      case 'strftime':
        return strftime(first ? await text(first) : '%c', second ? (await number(second)) * 1000 : this.#run.machine.clock.now())
      case 'sprintf': {
        const values: string[] = []
        for (const arg of args) values.push(await text(arg))
        return format(values[0] ?? '', values.slice(1), false)
      }
      case 'split': {
        if (second?.kind !== 'variable') throw new CommandError('split: second argument is not an array', 2)
        const separator = third ? (third.kind === 'regex' ? third.source : await text(third)) : this.#text(this.#globals.get('FS') ?? ' ')
        const parts = this.#split(await text(first), separator)
        const table = this.#table(second.name)
        table.clear()
        for (const [index, part] of parts.entries()) table.set(String(index + 1), part)
        return parts.length
      }
      case 'match': {
        const found = second ? (await this.#matcher(second)).exec(await text(first)) : null
        this.#globals.set('RSTART', found ? found.index + 1 : 0)
        this.#globals.set('RLENGTH', found ? found[0].length : -1)
        return found ? found.index + 1 : 0
      }
      case 'sub':
      case 'gsub':
        return this.#substitute(name === 'gsub', first, second, third ?? { kind: 'field', index: { kind: 'number', value: 0 } })
      case 'system':
        await this.#flush(0)
        return this.#run.spawn(['sh', '-c', await text(first)])
      case 'close': {
        const command = await text(first)
        const piped = this.#piped.get(command)
        return piped === undefined ? 0 : this.#pipe(command, piped)
      }
      case 'fflush':
        await this.#flush(0)
        return 0
      default:
        throw new CommandError(`cmd. line:1: call to undefined function ${name}`, 2)
    }
  }

  async #substitute(all: boolean, pattern: Expression | undefined, by: Expression | undefined, target: Expression): Promise<number> {
    if (!pattern || !by) throw new CommandError('cmd. line:1: too few arguments', 2)
    const regex = await this.#matcher(pattern)
    const replacement = this.#text(await this.#value(by))
    const old = this.#text(await this.#value(target))
    let count = 0
    const next = old.replace(new RegExp(regex.source, all ? 'g' : ''), (whole: string) => {
      count++
      return replacement.replaceAll(/\\\\?&|&/g, (mark) => (mark === '&' ? whole : '&'))
    })
    if (count > 0) await this.#store(target, next)
    return count
  }

  async #invoke(parameters: readonly string[], body: AwkStatement, args: readonly Expression[]): Promise<Held> {
    if (this.#depth >= deepestCall) throw new CommandError('function call nesting too deep', 2)
    const locals = new Map<string, Held | Table>()
    for (const [index, parameter] of parameters.entries()) {
      const arg = args[index]
      const table =
        arg?.kind === 'variable' && (this.#tables.has(arg.name) || this.#locals?.get(arg.name) instanceof Map)
          ? this.#table(arg.name)
          : undefined
      locals.set(parameter, table ?? (arg ? await this.#value(arg) : new Input('')))
    }
    const before = this.#locals
    this.#locals = locals
    this.#depth++
    try {
      await this.#perform(body)
      return ''
    } catch (error) {
      if (error instanceof Leave && error.how === 'return') return error.value
      throw error
    } finally {
      this.#locals = before
      this.#depth--
    }
  }
}

function calculate(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new CommandError('cmd. line:1: Division by zero', 2)
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
    default:
      return a ** b
  }
}

export const awk: Command = async (run) => {
  const { values, all, operands } = parseOptions(run.args, 'F v f', true)
  const file = values.get('f')
  const [program = '', ...files] = file === undefined ? operands : [run.machine.files.read(pathIn(run, file)), ...operands]
  if (program === '' && file === undefined) throw new CommandError('usage: awk [-F fs] [-v var=value] [prog | -f progfile] [file ...]', 2)
  const machine = new Awk(run, parseAwk(program))
  const separator = values.get('F')
  if (separator !== undefined) machine.set('FS', separator === 't' ? '\t' : separator)
  for (const assignment of all.get('v') ?? []) {
    const [name = '', value = ''] = assignment.split(/=(.*)/s)
    machine.set(name, value)
  }
  return machine.run(files)
}
