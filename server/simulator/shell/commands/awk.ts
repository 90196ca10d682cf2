import { boundedRegExp } from '../bounded-regexp.ts'
import { CommandError } from '../machine.ts'
import type { Command } from '../machine.ts'
import { linesOf, parseOptions } from './options.ts'
import { unescape } from './printing.ts'

interface Rule {
  readonly condition: string
  readonly action: string | undefined
}

/** The part of awk that people type at a prompt: patterns, `print`, fields, `NR`, `NF`, simple sums. */
export const awk: Command = async (run) => {
  const { values, all, operands } = parseOptions(run.args, 'F v', true)
  const [program = '', ...files] = operands
  const rules = parseRules(program)
  const separator = values.get('F')
  const state: State = {
    variables: new Map((all.get('v') ?? []).map((each) => each.split('=', 2) as [string, string])),
    fields: [],
    line: '',
    number: 0,
  }
  const out = (text: string) => run.io.out.write(text)
  for (const rule of rules) if (rule.condition === 'BEGIN') perform(rule.action ?? '', state, out)
  if (rules.some((rule) => rule.condition !== 'BEGIN')) {
    for await (const line of linesOf(run, files)) {
      state.number++
      state.line = line
      const pattern = separator ?? state.variables.get('FS')
      state.fields =
        pattern === undefined || pattern === ' '
          ? line
              .trim()
              .split(/\s+/)
              .filter((each) => each !== '')
          : line.split(pattern.length === 1 ? pattern : boundedRegExp(pattern))
      for (const rule of rules) {
        if (rule.condition !== 'BEGIN' && rule.condition !== 'END' && holds(rule.condition, state))
          perform(rule.action ?? 'print', state, out)
      }
    }
  }
  for (const rule of rules) if (rule.condition === 'END') perform(rule.action ?? '', state, out)
  return 0
}

interface State {
  readonly variables: Map<string, string>
  fields: string[]
  line: string
  number: number
}

function parseRules(program: string): Rule[] {
  const rules: Rule[] = []
  const pattern = /\s*((?:\/(?:\\.|[^/])*\/|"(?:\\.|[^"])*"|[^{};])*?)\s*(?:\{((?:"(?:\\.|[^"])*"|[^{}"])*)\}|(?=;|$))\s*;?/gy
  while (pattern.lastIndex < program.length) {
    const found = pattern.exec(program)
    if (!found || found[0] === '') break
    if ((found[1] ?? '') !== '' || found[2] !== undefined) rules.push({ condition: found[1] ?? '', action: found[2] })
  }
  return rules
}

function holds(condition: string, state: State): boolean {
  if (condition === '') return true
  const alternatives = splitOutside(condition, '||')
  if (alternatives.length > 1) return alternatives.some((each) => holds(each, state))
  const all = splitOutside(condition, '&&')
  if (all.length > 1) return all.every((each) => holds(each, state))
  const text = condition.trim()
  if (text.startsWith('!')) return !holds(text.slice(1), state)
  const regex = /^\/(.*)\/$/s.exec(text)
  if (regex) return boundedRegExp(regex[1] ?? '').test(state.line)
  const comparison = /^(.+?)\s*(==|!=|>=|<=|>|<|!~|~)\s*(.+)$/s.exec(text)
  if (!comparison) return !['', '0'].includes(value(text, state))
  const left = value(comparison[1] ?? '', state)
  const operator = comparison[2] ?? ''
  const right = (comparison[3] ?? '').trim()
  if (operator.endsWith('~')) return boundedRegExp(/^\/(.*)\/$/s.exec(right)?.[1] ?? value(right, state)).test(left) === (operator === '~')
  const other = value(right, state)
  const numeric = left !== '' && other !== '' && !Number.isNaN(Number(left)) && !Number.isNaN(Number(other))
  const order = numeric ? Number(left) - Number(other) : left < other ? -1 : left > other ? 1 : 0
  return { '==': order === 0, '!=': order !== 0, '>': order > 0, '<': order < 0, '>=': order >= 0, '<=': order <= 0 }[operator] ?? false
}

function splitOutside(text: string, separator: string): string[] {
  const parts = ['']
  let quoted = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (quoted === '' && text.startsWith(separator, at)) {
      parts.push('')
      at += separator.length - 1
      continue
    }
    if (char === quoted) quoted = ''
    else if (quoted === '' && (char === '"' || char === '/')) quoted = char === '/' && separator === '/' ? '' : char
    parts[parts.length - 1] += char
  }
  return parts
}

function perform(action: string, state: State, out: (text: string) => void): void {
  for (const statement of splitStatements(action)) {
    const print = /^print(?:\s+(.*)|\s*)$/s.exec(statement)
    const printf = /^printf\s*\(?(.*?)\)?$/s.exec(statement)
    const assignment = /^([A-Za-z_]\w*)\s*([-+*/]?=|\+\+)\s*(.*)$/s.exec(statement)
    if (print && !printf)
      out(
        `${
          print[1]
            ? args(print[1])
                .map((each) => value(each, state))
                .join(' ')
            : state.line
        }\n`,
      )
    else if (printf) {
      const [template = '""', ...rest] = args(printf[1] ?? '')
      let at = 0
      out(
        value(template, state).replaceAll(
          /%(-?\d*)(?:\.(\d+))?([sdfc%])/g,
          (_, width: string, precision: string | undefined, kind: string) => {
            if (kind === '%') return '%'
            const text = value(rest[at++] ?? '""', state)
            const shown =
              kind === 'd' ? String(Math.trunc(Number(text))) : kind === 'f' ? Number(text).toFixed(Number(precision ?? 6)) : text
            return width.startsWith('-') ? shown.padEnd(-Number(width)) : shown.padStart(Number(width || 0))
          },
        ),
      )
    } else if (assignment) {
      const [, name = '', operator = '=', expression = ''] = assignment
      const old = Number(state.variables.get(name) ?? 0)
      const next = operator === '++' ? old + 1 : Number(value(expression, state))
      const result =
        operator === '='
          ? value(expression, state)
          : String(
              operator === '+='
                ? old + next
                : operator === '-='
                  ? old - next
                  : operator === '*='
                    ? old * next
                    : operator === '/='
                      ? old / next
                      : next,
            )
      state.variables.set(name, result)
    } else if (statement !== 'next' && statement !== 'exit') throw new CommandError(`syntax error near '${statement}'`, 2)
  }
}

const splitStatements = (action: string) =>
  splitOutside(action, ';')
    .flatMap((each) => splitOutside(each, '\n'))
    .map((each) => each.trim())
    .filter((each) => each !== '')
const args = (text: string) => splitOutside(text, ',').map((each) => each.trim())

/** Strings, fields, variables, sums, and things beside each other. */
function value(expression: string, state: State): string {
  const text = expression.trim()
  const terms = text.match(/"(?:\\.|[^"\\])*"|\$\(?\w+\)?|[A-Za-z_]\w*(?:\([^)]*\))?|\d+(?:\.\d+)?|[-+*/%]/g) ?? []
  let result = ''
  let pending = ''
  for (const term of terms) {
    if (/^[-+*/%]$/.test(term)) {
      pending = term
      continue
    }
    const next = term_(term, state)
    result = pending === '' ? result + next : String(sum(Number(result || 0), pending, Number(next)))
    pending = ''
  }
  return result
}

function sum(a: number, operator: string, b: number): number {
  return Number(
    (operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : operator === '/' ? a / b : a % b).toPrecision(6),
  )
}

function term_(term: string, state: State): string {
  if (term.startsWith('"')) return unescape(term.slice(1, -1))
  if (/^\d/.test(term)) return term
  if (term.startsWith('$')) {
    const inner = term.slice(1).replaceAll(/[()]/g, '')
    const index = /^\d+$/.test(inner) ? Number(inner) : Number(term_(inner, state))
    return index === 0 ? state.line : (state.fields[index - 1] ?? '')
  }
  if (term === 'NR') return String(state.number)
  if (term === 'NF') return String(state.fields.length)
  const call = /^(\w+)\((.*)\)$/s.exec(term)
  if (call) {
    const inside = value(call[2] || '$0', state)
    if (call[1] === 'length') return String(inside.length)
    if (call[1] === 'toupper') return inside.toUpperCase()
    return call[1] === 'tolower' ? inside.toLowerCase() : call[1] === 'int' ? String(Math.trunc(Number(inside))) : ''
  }
  return state.variables.get(term) ?? ''
}
