import { expandQuoted } from './expand.ts'
import type { Expander } from './expand.ts'
import { CommandError } from './machine.ts'
import { scriptOf } from './parser.ts'
import type { ArithmeticExpression } from './parser.ts'

interface Variables {
  parameter(name: string): string | undefined
  set(name: string, value: string): void
  setElement(name: string, key: string, value: string): void
  elements(name: string): readonly (readonly [string, string])[]
}

/** What a variable may hold in arithmetic, nested at most this deep (`a=b b=a`). */
const deepest = 20

/** POSIX shell arithmetic on whole numbers. @throws CommandError with ash's words */
function evaluate(expression: ArithmeticExpression, variables: Variables, expand: (expression: ArithmeticExpression) => string): number {
  switch (expression.type) {
    case 'ArithmeticWord':
      return numberOf(expression.parts ? expand(expression) : expression.value, variables)
    case 'ArithmeticCommandExpansion':
      return numberOf(expand(expression), variables)
    case 'ArithmeticGroup':
      return evaluate(expression.expression, variables, expand)
    case 'ArithmeticTernary':
      return evaluate(evaluate(expression.test, variables, expand) ? expression.consequent : expression.alternate, variables, expand)
    case 'ArithmeticUnary':
      return unary(expression.operator, expression.operand, expression.prefix, variables, expand)
    case 'ArithmeticBinary':
      return binary(expression.operator, expression.left, expression.right, variables, expand)
  }
}

function numberOf(text: string, variables: Variables, depth = 0): number {
  const word = text.trim()
  if (word === '') return 0
  if (/^0x[0-9a-f]+$/i.test(word)) return Number.parseInt(word, 16)
  if (/^0[0-7]+$/.test(word)) return Number.parseInt(word, 8)
  if (/^[+-]?\d+$/.test(word)) return Number(word)
  const based = /^(\d+)#([0-9a-zA-Z]+)$/.exec(word)
  if (based) return Number.parseInt(based[2] ?? '', Number(based[1]))
  if (/^[A-Za-z_]\w*$/.test(word) && depth < deepest) return numberOf(variables.parameter(word) ?? '0', variables, depth + 1)
  const element = /^([A-Za-z_]\w*)\[(.+)\]$/.exec(word)
  if (element && depth < deepest) {
    const key = elementKey(element[2] ?? '', variables, depth)
    const found = variables.elements(element[1] ?? '').find(([each]) => each === key || each === element[2])
    return numberOf(found?.[1] ?? '0', variables, depth + 1)
  }
  throw syntaxError()
}

function elementKey(index: string, variables: Variables, depth = 0): string {
  return String(numberOf(index, variables, depth + 1))
}

const syntaxError = () => new CommandError('arithmetic syntax error', 2)

type Expand = (expression: ArithmeticExpression) => string

function assign(target: ArithmeticExpression, value: number, variables: Variables): number {
  if (target.type !== 'ArithmeticWord') throw syntaxError()
  const element = /^([A-Za-z_]\w*)\[(.+)\]$/.exec(target.value)
  if (element) variables.setElement(element[1] ?? '', elementKey(element[2] ?? '', variables), String(value))
  else variables.set(target.value, String(value))
  return value
}

function unary(operator: string, operand: ArithmeticExpression, prefix: boolean, variables: Variables, expand: Expand): number {
  const value = evaluate(operand, variables, expand)
  if (operator === '++' || operator === '--') {
    const next = assign(operand, operator === '++' ? value + 1 : value - 1, variables)
    return prefix ? next : value
  }
  if (operator === '-') return -value
  if (operator === '!') return value === 0 ? 1 : 0
  if (operator === '~') return ~value
  return value
}

function binary(operator: string, left: ArithmeticExpression, right: ArithmeticExpression, variables: Variables, expand: Expand): number {
  if (operator === '=') return assign(left, evaluate(right, variables, expand), variables)
  const a = evaluate(left, variables, expand)
  if (operator === '&&') return a && evaluate(right, variables, expand) ? 1 : 0
  if (operator === '||') return a || evaluate(right, variables, expand) ? 1 : 0
  const b = evaluate(right, variables, expand)
  const assigned = /^([-+*/%&|^]|<<|>>)=$/.exec(operator)?.[1]
  if (assigned) return assign(left, calculate(assigned, a, b), variables)
  return calculate(operator, a, b)
}

function calculate(operator: string, a: number, b: number): number {
  if ((operator === '/' || operator === '%') && b === 0) throw new CommandError('divide by zero', 2)
  const results: Record<string, () => number> = {
    '+': () => a + b,
    '-': () => a - b,
    '*': () => a * b,
    '/': () => Math.trunc(a / b),
    '%': () => a % b,
    '**': () => a ** b,
    '<': () => Number(a < b),
    '>': () => Number(a > b),
    '<=': () => Number(a <= b),
    '>=': () => Number(a >= b),
    '==': () => Number(a === b),
    '!=': () => Number(a !== b),
    '&': () => a & b,
    '|': () => a | b,
    '^': () => a ^ b,
    '<<': () => a << b,
    '>>': () => a >> b,
    ',': () => b,
  }
  const result = results[operator]
  if (!result) throw syntaxError()
  return result()
}

/** Arithmetic with its embedded expansions done first, since those take time. */
export async function arithmetic(expression: ArithmeticExpression, shell: Expander): Promise<number> {
  const expanded = new Map<ArithmeticExpression, string>()
  const visit = async (node: ArithmeticExpression): Promise<void> => {
    if (node.type === 'ArithmeticWord' && node.parts) expanded.set(node, await expandQuoted(node.parts, shell))
    else if (node.type === 'ArithmeticCommandExpansion') expanded.set(node, node.script ? await shell.substitute(node.script) : '')
    else if (node.type === 'ArithmeticBinary') await Promise.all([visit(node.left), visit(node.right)])
    else if (node.type === 'ArithmeticUnary') await visit(node.operand)
    else if (node.type === 'ArithmeticGroup') await visit(node.expression)
    else if (node.type === 'ArithmeticTernary') await Promise.all([visit(node.test), visit(node.consequent), visit(node.alternate)])
  }
  await visit(expression)
  return evaluate(expression, shell, (node) => expanded.get(node) ?? '')
}

/** A text as arithmetic: what `let`, `[[ -eq ]]` and array indices hold. */
export async function arithmeticOf(text: string, shell: Expander): Promise<number> {
  const word = text.trim()
  if (word === '') return 0
  if (/^-?\d{1,15}$/.test(word) && !/^-?0\d/.test(word)) return Number(word)
  const command = scriptOf(`(( ${word} ))`).commands[0]?.command
  if (command?.type !== 'ArithmeticCommand' || !command.expression) throw syntaxError()
  return arithmetic(command.expression, shell)
}
